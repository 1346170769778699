namespace DmaBuf;

/// <summary>What an exporter says about its physical address lists.</summary>
/// <remarks>Immutable, safe for all threads.</remarks>
public sealed record PhysicalAddressListOfferOptions
{
    /// <summary>The options of an offer that says nothing: MMIO, no converter, default limits.</summary>
    public static PhysicalAddressListOfferOptions Default { get; } = new();

    /// <summary>What the lists hold; a list of the other kind is refused at map.</summary>
    public PhysicalMemoryKind Kind { get; init; } = PhysicalMemoryKind.Mmio;

    /// <summary>The BAR that MMIO lies in; needed by the scatter/gather converter of MMIO, null for RAM.</summary>
    public PeerToPeerProvider? Provider { get; init; }

    /// <summary>The converters that may serve the list.</summary>
    public PhysicalAddressConverters Converters { get; init; }

    /// <summary>The limits that every list is checked against.</summary>
    public PhysicalAddressListLimits Limits { get; init; } = PhysicalAddressListLimits.Default;

    /// <summary>An upper bound of what mapping costs.</summary>
    public MappingCost Cost { get; init; }
}
