using DmaBuf.Machine;

namespace DmaBuf.Tool;

/// <summary>A DMA engine that takes a table of its own addresses, reads the buffer through it and writes it. It permits that its bytes are bounced, so that the matrix shows where they are.</summary>
internal sealed class EngineMatrixImporter : MatrixImporter
{
    private readonly DmaEngineDevice _engine;

    /// <summary>Makes one that cannot be told to let go, and therefore takes no peers.</summary>
    internal EngineMatrixImporter(string name, DmaEngineDevice engine)
        : this(name, engine, new DmaBufferImporter(name), PeerToPeerAcceptance.NotAccepted)
    {
    }

    /// <summary>Makes one that lets go when it is told to, and takes peers.</summary>
    internal EngineMatrixImporter(string name, DmaEngineDevice engine, MatrixPeer peer)
        : this(name, engine, peer, PeerToPeerAcceptance.Accepted)
    {
    }

    private EngineMatrixImporter(string name, DmaEngineDevice engine, DmaBufferImporter party, PeerToPeerAcceptance acceptance)
        : base(name, isReal: false)
    {
        _engine = engine;
        Party = party;
        Requests = [ScatterGatherMappingType.Request(engine, acceptance, MappingCost.Default | MappingCost.Bounce)];
    }

    internal override DmaBufferImporter Party { get; }

    internal override MappingRequestList Requests { get; }

    internal override MatrixTransfer Move(Attachment attachment, MatrixBuffer buffer, CancellationToken cancellationToken)
    {
        using ScatterGatherMapping mapping = ((ScatterGatherAttachment)attachment).MapScatterGather(DmaDirection.Bidirectional, cancellationToken);
        MatrixPeer? peer = Party as MatrixPeer;
        peer?.Holding = mapping;
        try
        {
            using ScatterGatherLease lease = mapping.ReadTable();
            return new MatrixTransfer(mapping.Cost, null, Move(_engine, RangesOf(lease.Entries), buffer));
        }
        finally
        {
            peer?.Holding = null;
        }
    }

    /// <summary>Reads through the ranges, then writes through them; null if all bytes arrived both ways.</summary>
    internal static string? Move(DmaEngineDevice engine, ReadOnlySpan<DmaRange> ranges, MatrixBuffer buffer)
    {
        if (MatrixTransfer.CompareChecksum(engine.Name, buffer.Contents, engine.ChecksumOf(ranges)) is { } mismatch)
        {
            return mismatch;
        }

        byte[] update = MatrixPattern.Make(buffer.Contents.Length, seed: 2);
        engine.Write(ranges, update);
        byte[] found = new byte[update.Length];
        buffer.Buffer.BeginCpuAccess(DmaDirection.FromDevice);
        buffer.ReadBack(found);
        buffer.Buffer.EndCpuAccess(DmaDirection.FromDevice);
        return MatrixTransfer.Compare($"the exporter, after {engine.Name} wrote,", update, found);
    }

    private static DmaRange[] RangesOf(ReadOnlySpan<ScatterGatherEntry> entries)
    {
        DmaRange[] ranges = new DmaRange[entries.Length];
        for (int index = 0; index < ranges.Length; index++)
        {
            ranges[index] = new DmaRange(entries[index].Address, entries[index].Length);
        }

        return ranges;
    }
}
