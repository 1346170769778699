using System.Collections.Concurrent;

namespace DmaBuf.Machine;

/// <summary>A namespace: numbered blocks on a medium. Only what was written costs memory; the rest reads as zero.</summary>
/// <remarks>Safe for all threads; accesses to the same block race, and each block is either as before or as after.</remarks>
public sealed class NvmeNamespace : IDeviceMemory
{
    private readonly ConcurrentDictionary<ulong, byte[]> _written = new();

    /// <summary>Makes a medium of zeros.</summary>
    /// <param name="blocks">How many blocks; not zero.</param>
    /// <param name="blockSize">Bytes of a block; a power of two from 512 to 4096.</param>
    /// <exception cref="DmaBufException">EINVAL: no block, no such size, or more than 2^64 bytes.</exception>
    public NvmeNamespace(ulong blocks, uint blockSize = 512)
    {
        if (blocks == 0 || !uint.IsPow2(blockSize) || blockSize is < 512 or > 4096 || blocks > ulong.MaxValue / blockSize)
        {
            throw new DmaBufException(Errno.EINVAL, $"A namespace of {blocks} blocks of {blockSize} bytes was refused: give it at least one, of 512 to 4096 bytes, a power of two.");
        }

        Blocks = blocks;
        BlockSize = blockSize;
    }

    /// <summary>How many blocks.</summary>
    public ulong Blocks { get; }

    /// <summary>Bytes of a block.</summary>
    public uint BlockSize { get; }

    /// <inheritdoc/>
    public ulong Length => Blocks * BlockSize;

    /// <summary>Blocks that were written.</summary>
    public int WrittenBlocks => _written.Count;

    /// <inheritdoc/>
    public void Read(ulong offset, Span<byte> destination)
    {
        for (int done = 0; done < destination.Length;)
        {
            (ulong block, int start, int count) = PieceAt(offset + (ulong)done, destination.Length - done);
            Span<byte> piece = destination.Slice(done, count);
            if (_written.TryGetValue(block, out byte[]? bytes))
            {
                bytes.AsSpan(start, count).CopyTo(piece);
            }
            else
            {
                piece.Clear();
            }

            done += count;
        }
    }

    /// <inheritdoc/>
    public void Write(ulong offset, ReadOnlySpan<byte> source)
    {
        for (int done = 0; done < source.Length;)
        {
            (ulong block, int start, int count) = PieceAt(offset + (ulong)done, source.Length - done);

            // A new array each time: who reads the block meanwhile has the old one.
            byte[] bytes = _written.TryGetValue(block, out byte[]? before) ? [.. before] : new byte[BlockSize];
            source.Slice(done, count).CopyTo(bytes.AsSpan(start));
            _written[block] = bytes;
            done += count;
        }
    }

    private (ulong Block, int Start, int Count) PieceAt(ulong offset, int wanted)
    {
        int start = (int)(offset % BlockSize);
        return (offset / BlockSize, start, Math.Min(wanted, (int)BlockSize - start));
    }
}
