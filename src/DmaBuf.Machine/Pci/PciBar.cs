namespace DmaBuf.Machine;

/// <summary>A memory BAR: device memory with bytes or registers behind it, at one address for the CPU and at another on the PCI bus.</summary>
/// <remarks>Immutable; its bytes are reached through <see cref="SoftwareMachine.Memory"/>.</remarks>
public sealed class PciBar
{
    internal PciBar(PciFunction function, PciBarPlacement placement)
    {
        Function = function;
        Range = placement.Range;
        BusRange = new DmaRange(new DmaAddress(placement.Range.Start.Value + placement.BusOffset), placement.Range.Length);
        Options = placement.Options;
        Registers = placement.Options.Registers?.Invoke();
        Provider = placement.HasProvider ? new PeerToPeerProvider(function, placement.BusOffset) : null;
    }

    /// <summary>The function that owns it.</summary>
    public PciFunction Function { get; }

    /// <summary>Where the CPU finds it.</summary>
    public PhysicalRange Range { get; }

    /// <summary>Where peers on the bus find it.</summary>
    public DmaRange BusRange { get; }

    /// <summary>What it is like.</summary>
    public PciBarOptions Options { get; }

    /// <summary>The registers behind it; null: it holds bytes.</summary>
    internal IPciRegisters? Registers { get; }

    /// <summary>What peer-to-peer offers name; null if peer-to-peer was not set up for this BAR, or a BAR of the
    /// function may not be mapped (<c>pcim_p2pdma_provider</c>).</summary>
    public PeerToPeerProvider? Provider { get; }
}
