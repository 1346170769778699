namespace DmaBuf;

/// <summary>
/// A <see cref="ScatterGatherTable"/> together with what must be undone when it is unmapped (the private part around <c>phys_vec_to_sgt</c>'s table).
/// Whoever made it owns it; the importer sees the table only.
/// </summary>
/// <remarks>
/// <para><see cref="ScatterGatherTableBuilder"/> makes the usual ones. An exporter that gets its DMA addresses in a way of its own derives from this class,
/// gives the entries to the constructor and undoes its work in <see cref="Undo"/>.</para>
/// <para>Release (<c>phys_vec_free_sgt</c>) is called under the buffer's reservation lock, like map. It acts once, from whichever thread comes first.</para>
/// <para>Safe for all threads, which <see cref="Undo"/> need not be: it runs once.</para>
/// </remarks>
public abstract class ScatterGatherBacking
{
    private int _released;
    private bool _faultReported;
    private ScatterGatherTable? _table;

    /// <summary>Makes a table of entries that an exporter has mapped itself.</summary>
    /// <param name="entries">Copied. In the order of the buffer's bytes; page aligned, none empty, at most <see cref="ScatterGatherTable.MaximumEntryLength"/> each.</param>
    /// <param name="cost">What making this mapping did cost.</param>
    /// <exception cref="DmaBufException">EINVAL: no entry, an empty or unaligned one, or the cost has a flag without a name; EOVERFLOW: the end of one wraps; ENOMEM.</exception>
    protected ScatterGatherBacking(ReadOnlySpan<ScatterGatherEntry> entries, MappingCost cost)
    {
        ulong totalLength = RequireEntries(entries);
        MappingCostRule.Require(cost, "A table");
        _table = ScatterGatherTable.Allocate((ulong)entries.Length, totalLength);
        entries.CopyTo(_table.EntriesToFill);
        Cost = cost;
        IsMadeElsewhere = true;
    }

    private protected ScatterGatherBacking(ScatterGatherTable table, MappingCost cost)
    {
        _table = table;
        Cost = cost;
    }

    /// <summary>For a table that is made after the mapping: <see cref="SetTable"/> follows, or a release.</summary>
    private protected ScatterGatherBacking(MappingCost cost) => Cost = cost;

    /// <summary>The table to hand to the importer; throws on access once released.</summary>
    public ScatterGatherTable Table => _table!;

    /// <summary>What this mapping did cost, as opposed to the agreement's upper bound.</summary>
    public MappingCost Cost { get; private protected set; }

    /// <summary>What the table was converted from, given back when it is unmapped; null if it was not converted.</summary>
    internal PhysicalAddressList? Origin { get; private set; }

    /// <summary>
    /// The first exception that a device or exporter threw while it took the mapping back, against its contract; null in all other cases. Release went on
    /// with the rest regardless. Something may have leaked, and this says what; the mapping reports it to the buffer's registry.
    /// </summary>
    public Exception? ReleaseFault { get; private set; }

    /// <summary>
    /// Lets the CPU see what the device wrote (<c>dma_sync_sgtable_for_cpu</c>). Called with the reservation lock held; after the release it does nothing.
    /// </summary>
    /// <exception cref="DmaBufException">The device's errno: the CPU must not look.</exception>
    public void SynchronizeForCpu()
    {
        if (Volatile.Read(ref _released) == 0)
            PassToCpu();
    }

    /// <summary>Lets the device see what the CPU wrote (<c>dma_sync_sgtable_for_device</c>). Called with the reservation lock held; after the release it does nothing.</summary>
    public void SynchronizeForDevice()
    {
        if (Volatile.Read(ref _released) == 0)
            PassToDevice();
    }

    /// <summary>Undoes the mapping and ends the table; the importer has let go of it. Idempotent, never throws.</summary>
    public void Release() => Release(isTableInUse: false);

    /// <summary>
    /// The same for a forced revoke: the importer may at this moment be reading a span of the table. Such a span keeps its old numbers, which no longer lead
    /// anywhere, rather than show another buffer's. Idempotent, never throws.
    /// </summary>
    public void ReleaseWhileInUse() => Release(isTableInUse: true);

    /// <summary>Takes the DMA addresses back from the device. Called at most once; must not throw. The table can still be read.</summary>
    protected abstract void Undo();

    /// <summary>
    /// Moves what the device wrote to where the CPU reads it. The default does nothing: override it if the memory is bounced or not coherent, and also to pass the
    /// call on to a backing that this one is made of.
    /// </summary>
    protected virtual void PassToCpu()
    {
    }

    /// <summary>Moves what the CPU wrote to where the device reads it, whatever the mapping's direction. Must not throw. The default does nothing.</summary>
    protected virtual void PassToDevice()
    {
    }

    /// <summary>Says that the table was converted from a list, which had a cost of its own. Called before anybody else sees the table.</summary>
    internal void MarkConverted(PhysicalAddressList origin, MappingCost cost)
    {
        Origin = origin;
        Cost |= cost;
    }

    /// <summary>Tells the buffer's registry of <see cref="ReleaseFault"/>, once. Called with the reservation lock held, after each release.</summary>
    internal void ReportReleaseFault(ScatterGatherAttachment attachment)
    {
        if (ReleaseFault is { } fault && !_faultReported)
        {
            _faultReported = true;
            attachment.Buffer.ReportBrokenPromise($"taking a table back from '{attachment.Device.Name}'", fault);
        }
    }

    /// <summary>True if the builder did not make the entries, so that nobody has looked at the device's limits yet.</summary>
    internal bool IsMadeElsewhere { get; }

    private protected void SetTable(ScatterGatherTable table) => _table = table;

    /// <summary>Keeps the first exception of a teardown for <see cref="ReleaseFault"/>.</summary>
    private protected void NoteReleaseFault(Exception exception) => ReleaseFault ??= exception;

    private void Release(bool isTableInUse)
    {
        if (Interlocked.Exchange(ref _released, 1) != 0)
            return;
#pragma warning disable CA1031 // Whatever is thrown here breaks a contract; it is kept for the leak report and must not stop the teardown.
        try
        {
            Undo();
        }
        catch (Exception exception)
        {
            NoteReleaseFault(exception);
        }
#pragma warning restore CA1031
        if (isTableInUse)
            _table?.Abandon();
        else
            _table?.Release();
    }

    private static ulong RequireEntries(ReadOnlySpan<ScatterGatherEntry> entries)
    {
        if (entries.IsEmpty)
            throw new DmaBufException(Errno.EINVAL, "A scatter/gather table needs at least one entry.");
        ulong total = 0; // cannot wrap: fewer than 2^31 entries of less than 2^32 bytes
        for (int index = 0; index < entries.Length; index++)
        {
            ScatterGatherEntry entry = entries[index];
            if (entry.Length == 0 || ((entry.Address.Value | entry.Length) & (MemoryPage.Size - 1)) != 0)
            {
                throw new DmaBufException(
                    Errno.EINVAL, $"Entry {index} {entry} of a scatter/gather table is empty or not aligned to 0x{MemoryPage.Size:x} bytes.");
            }

            if (entry.Address.Value + entry.Length < entry.Address.Value)
                throw new DmaBufException(Errno.EOVERFLOW, $"The end of entry {index} {entry} of a scatter/gather table wraps 64 bits.");
            total += entry.Length;
        }

        return total;
    }
}
