using System.Globalization;

namespace DmaBuf.Tests.Mappings.ScatterGather;

/// <summary>
/// A device that writes down every call, translates as its mappings say, can fail its n-th fallible call, and notes each teardown that does not
/// match what was set up.
/// </summary>
internal sealed class FakeDmaDevice : IDmaDevice
{
    internal const ulong FirstMapAddress = 0x1000_0000_0000;
    internal const ulong BlockStart = 0x2000_0000_0000;

    private readonly Dictionary<DmaRange, PhysicalRange> _mapped = [];
    private readonly List<FakeIovaBlock> _blocks = [];
    private ulong _nextMapAddress = FirstMapAddress;
    private int _fallibleCalls;

    public string Name => "fake0";

    public IPciDevice? PciDevice { get; init; }

    public MappingCost RangeMappingCost { get; init; } = MappingCost.IommuMap;

    public DmaSegmentLimits SegmentLimits { get; init; } = DmaSegmentLimits.None;

    /// <summary>False: reserving I/O virtual addresses gives null.</summary>
    internal bool HasBlocks { get; init; }

    /// <summary>The number, from 1, of the map, link or synchronize call that fails with EIO; 0: none.</summary>
    internal int FailingCall { get; init; }

    /// <summary>Added to each address that a map returns, to model a device that breaks its contract.</summary>
    internal ulong Misplacement { get; init; }

    /// <summary>Subtracted from the length of each block, to model a device that breaks its contract.</summary>
    internal ulong BlockShortage { get; init; }

    /// <summary>True: unmapping throws, which its contract forbids.</summary>
    internal bool ThrowsOnUnmap { get; init; }

    /// <summary>Thrown by both synchronisations, if set.</summary>
    internal Exception? SynchronizationFailure { get; init; }

    internal List<string> Calls { get; } = [];

    internal List<string> Violations { get; } = [];

    internal int LiveMappings => _mapped.Count + _blocks.Count(block => !block.IsReleased);

    public DmaAddress MapRange(PhysicalRange range, DmaDirection direction, DmaAttributes attributes)
    {
        Enter(string.Create(CultureInfo.InvariantCulture, $"map {range} {direction} {attributes}"));
        var address = new DmaAddress(_nextMapAddress + Misplacement);
        _nextMapAddress += range.Length + 0x1000;
        _mapped.Add(new DmaRange(address, range.Length), range);
        return address;
    }

    public void UnmapRange(DmaRange range, DmaDirection direction, DmaAttributes attributes)
    {
        Calls.Add(string.Create(CultureInfo.InvariantCulture, $"unmap {range} {direction} {attributes}"));
        if (!_mapped.Remove(range))
            Violations.Add($"unmapped {range}, which is not mapped");
        if (ThrowsOnUnmap)
            throw new InvalidOperationException($"unmap {range}");
    }

    public void SynchronizeForCpu(DmaRange range, DmaDirection direction) => Synchronize($"for CPU {range} {direction}");

    public void SynchronizeForDevice(DmaRange range, DmaDirection direction) => Synchronize($"for device {range} {direction}");

    public IIovaReservation? TryReserveIova(ulong length)
    {
        if (!HasBlocks)
            return null;
        Calls.Add($"reserve 0x{length:x}");
        var block = new FakeIovaBlock(this, length - BlockShortage);
        _blocks.Add(block);
        return block;
    }

    /// <summary>Where a DMA address leads now, or null: a fault.</summary>
    internal PhysicalAddress? Translate(DmaAddress address)
    {
        foreach ((DmaRange range, PhysicalRange target) in _mapped)
        {
            if (address.Value - range.Start.Value < range.Length)
                return new PhysicalAddress(target.Start.Value + (address.Value - range.Start.Value));
        }

        return _blocks.Select(block => block.Translate(address)).FirstOrDefault(found => found is not null);
    }

    /// <summary>Asserts that nothing is mapped or reserved, and that each teardown matched its setup.</summary>
    internal void AssertClean()
    {
        Assert.Empty(Violations);
        Assert.Equal(0, LiveMappings);
    }

    private void Synchronize(string call)
    {
        Calls.Add(call);
        if (SynchronizationFailure is not null)
            throw SynchronizationFailure;
    }

    /// <summary>Writes down a call that may fail, and fails if it is its turn.</summary>
    internal void Enter(string call)
    {
        Calls.Add(call);
        if (++_fallibleCalls == FailingCall)
            throw new DmaBufException(Errno.EIO, $"call {_fallibleCalls}, {call}, fails by order of the test");
    }
}
