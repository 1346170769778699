namespace DmaBuf.SharedTests;

/// <summary>Somebody attached to a buffer. Each call maps, moves bytes and unmaps.</summary>
public interface IBufferUser : IDisposable
{
    /// <summary>Reads bytes.</summary>
    void Read(ulong offset, Span<byte> destination);

    /// <summary>Writes bytes.</summary>
    void Write(ulong offset, ReadOnlySpan<byte> source);
}
