namespace DmaBuf.Tool;

/// <summary>A party that can be told to let go: it stops using the memory and unmaps at once.</summary>
internal sealed class MatrixPeer(string name) : DynamicImporter(name)
{
    /// <summary>What it holds now; null if nothing.</summary>
    internal Mapping? Holding { get; set; }

    /// <summary>Ends every use of the addresses; runs before the unmap, with the lock held.</summary>
    internal Action? StopUsing { get; set; }

    protected override void OnInvalidate(Attachment attachment, InvalidateReason reason, in ReservationLock held)
    {
        if (Holding is not { } mapping)
        {
            return;
        }

        Holding = null;
        StopUsing?.Invoke();
        if (mapping is ScatterGatherMapping table)
        {
            ((ScatterGatherAttachment)attachment).UnmapScatterGatherLocked(in held, table);
        }
        else if (mapping is PhysicalAddressListMapping list)
        {
            ((PhysicalAddressListAttachment)attachment).UnmapPhysicalAddressListLocked(in held, list);
        }
    }
}
