namespace DmaBuf;

/// <summary>The operations of an offer that was read from a description: there are none.</summary>
internal sealed class DescribedScatterGather : IScatterGatherOperations
{
    public ScatterGatherBacking? MapScatterGather(ScatterGatherAttachment attachment, DmaDirection direction, in ReservationLock held)
        => throw new DmaBufException(Errno.EOPNOTSUPP, "Mapping a table is not possible with an offer that was read from a description. Use it for matching alone.");

    public void UnmapScatterGather(ScatterGatherAttachment attachment, ScatterGatherBacking backing, DmaDirection direction, in ReservationLock held)
    {
        // Nothing was ever mapped.
    }
}
