namespace FabricMapping;

/// <summary>A device's place on a private link.</summary>
/// <param name="Link">Which link; two nodes reach each other only on the same one.</param>
/// <param name="Number">Which node of it.</param>
public readonly record struct FabricNode(int Link, int Number)
{
    /// <summary>The link and the node.</summary>
    public override string ToString() => $"link {Link} node {Number}";
}
