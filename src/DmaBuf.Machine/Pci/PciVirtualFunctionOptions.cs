namespace DmaBuf.Machine;

/// <summary>The single-root I/O virtualisation (SR-IOV) capability of a physical function.</summary>
/// <remarks>Immutable, safe for all threads.</remarks>
public sealed record PciVirtualFunctionOptions
{
    /// <summary>How many virtual functions there can be (<c>TotalVFs</c>); 1 to 255.</summary>
    public required int Total { get; init; }

    /// <summary>How many are enabled when the machine is built; at most <see cref="Total"/>.</summary>
    public int Enabled { get; init; }

    /// <summary>The routing identifier of the first one minus the physical function's (<c>First VF Offset</c>); null: the next that is free on the bus.</summary>
    public int? FirstOffset { get; init; }

    /// <summary>The distance between the routing identifiers of two neighbours (<c>VF Stride</c>); at least 1.</summary>
    public int Stride { get; init; } = 1;

    /// <summary>The access control bits of each virtual function.</summary>
    public PciAccessControl AccessControl { get; init; }
}
