namespace DmaBuf.Tests.Mappings.PeerToPeer;

/// <summary>Scatter/gather operations that count their calls and map nothing: null becomes ENOMEM.</summary>
internal sealed class NoTableOperations : IScatterGatherOperations
{
    internal int Maps { get; private set; }

    public ScatterGatherBacking? MapScatterGather(ScatterGatherAttachment attachment, DmaDirection direction, in ReservationLock held)
    {
        Maps++;
        return null;
    }

    public void UnmapScatterGather(ScatterGatherAttachment attachment, ScatterGatherBacking backing, DmaDirection direction, in ReservationLock held)
        => Assert.Fail("Nothing was mapped.");
}
