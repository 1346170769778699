namespace DmaBuf.Linux;

/// <summary>A BAR's memory for the CPU. A forced revoke puts zero pages in its place before the device stops answering, so that nobody who is inside faults.</summary>
internal sealed class RegionCpuMemory(MappedRegion pages, ulong length) : CpuMemory
{
    private readonly nint _start = pages.DangerousGetHandle();

    public override ulong Length => length;

    // SAFETY: the pages stay mapped until dispose, which the mapping calls when nobody is inside; it has checked the bounds.
    protected override unsafe Span<byte> Window(ulong offset, int windowLength) => new((byte*)_start + offset, windowLength);

    protected override bool TryOverlay() => pages.Overlay(Libc.PROT_READ | Libc.PROT_WRITE) == Errno.None;

    protected override void Dispose(bool disposing) => pages.Dispose();
}
