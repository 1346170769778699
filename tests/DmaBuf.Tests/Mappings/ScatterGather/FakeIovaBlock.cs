using System.Globalization;

namespace DmaBuf.Tests.Mappings.ScatterGather;

/// <summary>A block of I/O virtual addresses of a <see cref="FakeDmaDevice"/>.</summary>
internal sealed class FakeIovaBlock(FakeDmaDevice device, ulong length) : IIovaReservation
{
    private readonly List<(ulong Offset, PhysicalRange Range)> _links = [];
    private ulong _visible;

    public DmaAddress Start => new(FakeDmaDevice.BlockStart);

    public ulong Length => length;

    internal bool IsReleased { get; private set; }

    private ulong LinkedLength => _links.Aggregate(0UL, (sum, link) => sum + link.Range.Length);

    public void Link(ulong offset, PhysicalRange range, DmaDirection direction, DmaAttributes attributes)
    {
        device.Enter(string.Create(CultureInfo.InvariantCulture, $"link +0x{offset:x} {range} {direction} {attributes}"));
        if (_links.Exists(link => offset < link.Offset + link.Range.Length && link.Offset < offset + range.Length))
            throw new DmaBufException(Errno.EINVAL, $"offset 0x{offset:x} is already linked");
        if (offset + range.Length > length)
            throw new DmaBufException(Errno.EINVAL, $"offset 0x{offset:x} is outside the block");
        _links.Add((offset, range));
    }

    public void Synchronize(ulong length)
    {
        device.Enter($"synchronize 0x{length:x}");
        _visible = length;
    }

    public void Release(ulong linkedLength, DmaDirection direction, DmaAttributes attributes)
    {
        device.Calls.Add($"release 0x{linkedLength:x} {direction} {attributes}");
        if (IsReleased)
            device.Violations.Add("a block was released twice");
        if (linkedLength != LinkedLength)
            device.Violations.Add($"a block was released with 0x{linkedLength:x} linked bytes instead of 0x{LinkedLength:x}");
        IsReleased = true;
    }

    internal PhysicalAddress? Translate(DmaAddress address)
    {
        ulong offset = address.Value - Start.Value;
        if (IsReleased || offset >= _visible)
            return null;
        (ulong linkOffset, PhysicalRange range) = _links.Single(link => offset - link.Offset < link.Range.Length);
        return new PhysicalAddress(range.Start.Value + (offset - linkOffset));
    }
}
