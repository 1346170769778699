using System.Diagnostics;

namespace DmaBuf.Tool;

/// <summary>A program that reads the buffer through spans, and, if it asked for it, writes it, too. Its speed is that of copying between the mapping and its own memory.</summary>
internal sealed class CpuMatrixImporter(string name, CpuAccess access) : MatrixImporter(name, isReal: true)
{
    private const int Rounds = 3;

    internal override DmaBufferImporter Party { get; } = new(name);

    internal override MappingRequestList Requests { get; } = [CpuMappingType.Request(access)];

    internal override MatrixTransfer Move(Attachment attachment, MatrixBuffer buffer, CancellationToken cancellationToken)
    {
        using CpuMapping mapping = ((CpuAttachment)attachment).MapCpu(cancellationToken: cancellationToken);
        byte[] copy = new byte[buffer.Contents.Length];
        TimeSpan reading = Quickest(() =>
        {
            using CpuReadLease lease = mapping.Read(cancellationToken);
            lease.Span.CopyTo(copy);
        });
        string? mismatch = MatrixTransfer.Compare(Name, buffer.Contents, copy);
        if (access == CpuAccess.Read || mismatch is not null)
        {
            return new MatrixTransfer(mapping.Cost, Rate(copy.Length, reading), mismatch);
        }

        byte[] update = MatrixPattern.Make(copy.Length, seed: 2);
        TimeSpan writing = Quickest(() =>
        {
            using CpuWriteLease lease = mapping.Write(cancellationToken);
            update.CopyTo(lease.Span);
        });
        buffer.ReadBack(copy);
        return new MatrixTransfer(
            mapping.Cost, Rate(2L * copy.Length, reading + writing), MatrixTransfer.Compare($"the exporter, after {Name} wrote,", update, copy));
    }

    internal static double Rate(long bytes, TimeSpan elapsed) => bytes / elapsed.TotalSeconds / 1e9;

    /// <summary>The quickest of several rounds: the first one also brings the pages in.</summary>
    internal static TimeSpan Quickest(Action move)
    {
        TimeSpan best = TimeSpan.MaxValue;
        for (int round = 0; round < Rounds; round++)
        {
            long started = Stopwatch.GetTimestamp();
            move();
            TimeSpan elapsed = Stopwatch.GetElapsedTime(started);
            best = elapsed < best ? elapsed : best;
        }

        return best;
    }
}
