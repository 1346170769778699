using System.Security.Cryptography;

namespace DmaBuf.Tool;

/// <summary>Reads a CPU mapping from end to end under one lease, in pieces small enough that Ctrl-C is felt at once.</summary>
internal static class MappedBytes
{
    private const int PieceBytes = 4 << 20;

    internal static string Sha256(CpuMapping mapping, Action<ulong> progress, CancellationToken cancellationToken)
    {
        using IncrementalHash hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        ForEach(mapping, hash.AppendData, progress, cancellationToken);
        return Convert.ToHexStringLower(hash.GetHashAndReset());
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
