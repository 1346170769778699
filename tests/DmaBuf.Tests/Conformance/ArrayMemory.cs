namespace DmaBuf.Tests.Conformance;

/// <summary>CPU memory on a managed array, which an overlay replaces by another one for those who come later.</summary>
internal sealed class ArrayMemory(byte[] bytes) : CpuMemory
{
    private byte[]? _bytes = bytes;

    public override ulong Length => (ulong)_bytes!.Length;

    protected internal override Span<byte> Window(ulong offset, int length) => _bytes.AsSpan((int)offset, length);

    protected internal override bool TryOverlay()
    {
        _bytes = new byte[_bytes!.Length];
        return true;
    }

    protected override void Dispose(bool disposing) => _bytes = null;
}
