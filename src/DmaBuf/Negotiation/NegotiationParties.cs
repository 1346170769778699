namespace DmaBuf;

/// <summary>Who negotiated about what.</summary>
/// <param name="Buffer">The buffer's name, or a number where it has none.</param>
/// <param name="Size">The buffer's size in bytes.</param>
/// <param name="Exporter">The exporter's name.</param>
/// <param name="Importer">The importer's name.</param>
/// <remarks>Immutable, safe for all threads.</remarks>
public sealed record NegotiationParties(string Buffer, ulong Size, string Exporter, string Importer)
{
    /// <summary>True if the importer can be told to let go (<see cref="DynamicImporter"/>), and where that is not known.</summary>
    public bool ImporterIsDynamic { get; init; } = true;
}
