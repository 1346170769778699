namespace DmaBuf.Tests.Mappings.Cpu;

/// <summary>Memory of any claimed length over a small array; a window shows the byte offset's low bits.</summary>
internal sealed class WindowedMemory(ulong length) : CpuMemory
{
    private readonly byte[] _bytes = new byte[4096];

    public override ulong Length => length;

    internal bool CanOverlay { get; init; } = true;

    internal int Overlays { get; private set; }

    internal int Disposals { get; private set; }

    internal ulong LastOffset { get; private set; }

    protected internal override Span<byte> Window(ulong offset, int length)
    {
        LastOffset = offset;
        return _bytes.AsSpan(0, length);
    }

    protected internal override bool TryOverlay()
    {
        Overlays++;
        return CanOverlay;
    }

    protected override void Dispose(bool disposing) => Disposals++;
}
