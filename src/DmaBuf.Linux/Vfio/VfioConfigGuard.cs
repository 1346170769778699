namespace DmaBuf.Linux;

/// <summary>Refuses those writes to a configuration space that take the BARs away: memory space off, a function level reset, sleep. Everybody who reaches a BAR has to be told before.</summary>
internal sealed class VfioConfigGuard
{
    private const int Command = 0x04;
    private const byte MemorySpace = 0x02;
    private const byte StartExpressReset = 0x80;
    private const byte StartAdvancedReset = 0x01;
    private const byte PowerState = 0x03;
    private readonly string _device;
    private readonly List<(int Place, Func<byte, bool> IsHarmful, string What)> _rules = [];

    internal VfioConfigGuard(PciConfigSpace config, string device)
    {
        _device = device;
        _rules.Add((Command, static value => (value & MemorySpace) == 0, "switches its memory space off: use DisableMemoryAsync"));
        Add(config.Find(PciConfigSpace.Express), 9, static value => (value & StartExpressReset) != 0, "resets it: use ResetAsync");
        Add(config.Find(PciConfigSpace.AdvancedFeatures), 4, static value => (value & StartAdvancedReset) != 0, "resets it: use ResetAsync");
        Add(config.Find(PciConfigSpace.PowerManagement), 4, static value => (value & PowerState) != 0, "sends it to sleep, which loses its memory: use DisableMemoryAsync, and leave power to the kernel");
    }

    /// <exception cref="DmaBufException">EPERM: the write would take the memory away.</exception>
    internal void RequireHarmless(ulong offset, ReadOnlySpan<byte> bytes)
    {
        foreach ((int place, Func<byte, bool> isHarmful, string what) in _rules)
        {
            if ((ulong)place >= offset && (ulong)place < offset + (ulong)bytes.Length && isHarmful(bytes[(int)((ulong)place - offset)]))
            {
                throw new DmaBufException(Errno.EPERM, $"Writing {bytes.Length} bytes at 0x{offset:x} of the configuration space of {_device} was refused, because it {what}.");
            }
        }
    }

    private void Add(int capability, int offset, Func<byte, bool> isHarmful, string what)
    {
        if (capability >= 0)
        {
            _rules.Add((capability + offset, isHarmful, what));
        }
    }
}
