namespace DmaBuf.Machine.Tests;

/// <summary>Bytes inside a device; breaks if it is told to.</summary>
internal sealed class InnerMemory(int length) : IDeviceMemory
{
    internal byte[] Bytes { get; } = new byte[length];

    internal Exception? Throws { get; init; }

    public ulong Length => (ulong)Bytes.Length;

    public void Read(ulong offset, Span<byte> destination)
    {
        ThrowIfBroken();
        Bytes.AsSpan((int)offset, destination.Length).CopyTo(destination);
    }

    public void Write(ulong offset, ReadOnlySpan<byte> source)
    {
        ThrowIfBroken();
        source.CopyTo(Bytes.AsSpan((int)offset));
    }

    private void ThrowIfBroken()
    {
        if (Throws is not null)
        {
            throw Throws;
        }
    }
}
