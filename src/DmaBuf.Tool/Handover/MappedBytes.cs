using System.Diagnostics;
using System.Security.Cryptography;

namespace DmaBuf.Tool;

/// <summary>Reads a CPU mapping from end to end under one lease, in pieces small enough that Ctrl-C is felt at once.</summary>
internal static class MappedBytes
{
    private const int PieceBytes = 1 << 20;

    /// <summary>Reads every byte and computes the checksum, and measures the one without the other.</summary>
    internal static VerifiedBytes Verify(CpuMapping mapping, Action<ulong> progress, CancellationToken cancellationToken)
    {
        using IncrementalHash hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        TimeSpan reading = TimeSpan.Zero;
        TimeSpan hashing = TimeSpan.Zero;
        long zeros = 0;
        ForEach(
            mapping,
            piece =>
            {
                long started = Stopwatch.GetTimestamp();
                // Counting looks at every byte as fast as the processor can load them. Without it the hash would hide the memory's own speed.
                zeros += piece.Count((byte)0);
                long read = Stopwatch.GetTimestamp();
                hash.AppendData(piece);
                reading += Stopwatch.GetElapsedTime(started, read);
                hashing += Stopwatch.GetElapsedTime(read);
            },
            progress,
            cancellationToken);
        Debug.Assert((ulong)zeros <= mapping.Length, "No more bytes can be zero than there are.");
        return new VerifiedBytes(Convert.ToHexStringLower(hash.GetHashAndReset()), reading, hashing);
    }

    internal static void CopyTo(CpuMapping mapping, Stream output, Action<ulong> progress, CancellationToken cancellationToken)
        => ForEach(mapping, output.Write, progress, cancellationToken);

    private static void ForEach(CpuMapping mapping, Action<ReadOnlySpan<byte>> use, Action<ulong> progress, CancellationToken cancellationToken)
    {
        using CpuReadLease lease = mapping.Read(cancellationToken);
        for (ulong offset = 0; offset < mapping.Length;)
        {
            cancellationToken.ThrowIfCancellationRequested();
            int length = (int)Math.Min(PieceBytes, mapping.Length - offset);
            use(lease.Window(offset, length));
            offset += (ulong)length;
            progress((ulong)length);
        }
    }
}
