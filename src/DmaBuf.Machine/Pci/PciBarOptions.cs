namespace DmaBuf.Machine;

/// <summary>What a BAR is like.</summary>
/// <remarks>Immutable, safe for all threads.</remarks>
public sealed record PciBarOptions
{
    /// <summary>Whether peer-to-peer is set up for it, so that it has a provider.</summary>
    public bool PeerToPeer { get; init; } = true;

    /// <summary>Whether reads have no side effects, so that bridges may read ahead. Plain data: nothing on this machine reads ahead.</summary>
    public bool Prefetchable { get; init; }

    /// <summary>Whether it may be mapped. If one BAR of a function may not, none of them serves peers, and itself cannot be exported.</summary>
    public bool Mappable { get; init; } = true;

    /// <summary>Makes the registers behind it, once for each machine that is built; null: it holds bytes.</summary>
    public Func<IPciRegisters>? Registers { get; init; }

    /// <summary>Whether registers may be exported as if they were memory. Of a BAR that holds bytes this says nothing.</summary>
    public bool ExportRegisters { get; init; }
}
