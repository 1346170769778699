namespace DmaBuf.Machine;

/// <summary>
/// Shows a buffer over memory that a program owns already: pages of a file in RAM, in parts, in any order, without a copy. Mirrors <c>udmabuf.c</c>
/// (<c>UDMABUF_CREATE_LIST</c>) as patch 07 leaves it: one constant plain table.
/// </summary>
/// <remarks>
/// What makes it safe is the seal against shrinking: pages under a device cannot vanish. Program and devices see the same bytes at once. Safe for all threads.
/// </remarks>
public sealed class UserMemoryExporter : MachineExporter, IScatterGatherOperations
{
    /// <summary>Parts in one buffer at most (<c>list_limit</c>).</summary>
    public const int MaximumParts = 1024;

    /// <summary>Bytes in one buffer at most (<c>size_limit_mb</c>).</summary>
    public const ulong MaximumSize = 64 << 20;

    private readonly RamFile[] _files;
    private readonly ulong _size;

    private UserMemoryExporter(SoftwareMachine machine, RamFile[] files, ReadOnlySpan<PhysicalRange> pages)
        : base("user-memory", machine, pages)
    {
        _files = files;
        _size = (ulong)pages.Length * MachinePage.Size;
        Offers = OfferSource.Single(ScatterGatherMappingType.Offer(this));
    }

    /// <inheritdoc/>
    protected override OfferSource Offers { get; }

    /// <summary>Makes a buffer of parts of files, one after the other.</summary>
    /// <param name="machine">The machine that the files' pages are of.</param>
    /// <param name="parts">At least one; the same file, and the same pages, may come several times.</param>
    /// <param name="options">Name, reservation, registry; null for the defaults.</param>
    /// <returns>The buffer; it holds the files' pages until its last reference has gone.</returns>
    /// <exception cref="DmaBufException">
    /// EINVAL: no part or too many, too many bytes in all, not whole pages inside the file, another machine's file, or seals that do not suit. Else as
    /// <see cref="DmaBuffer.Export"/>.
    /// </exception>
    public static DmaBuffer Export(SoftwareMachine machine, ReadOnlySpan<RamFilePart> parts, DmaBufferExportOptions? options = null)
    {
        ArgumentNullException.ThrowIfNull(machine);
        if (parts.IsEmpty || parts.Length > MaximumParts)
        {
            throw new DmaBufException(Errno.EINVAL, $"A buffer over files was asked for with {parts.Length} parts; one to {MaximumParts} are possible.");
        }

        List<RamFile> files = [];
        List<PhysicalRange> pages = [];
        bool exported = false;
        try
        {
            foreach (RamFilePart part in parts)
            {
                Add(machine, part, files, pages);
            }

            UserMemoryExporter exporter = new(machine, [.. files], [.. pages]);
            DmaBuffer buffer = DmaBuffer.Export(exporter, exporter._size, options);
            exported = true;
            return buffer;
        }
        finally
        {
            if (!exported)
            {
                files.ForEach(static file => file.Release());
            }
        }
    }

    /// <inheritdoc/>
    public ScatterGatherBacking? MapScatterGather(ScatterGatherAttachment attachment, DmaDirection direction, in ReservationLock held)
    {
        ArgumentNullException.ThrowIfNull(attachment);
        return ScatterGatherTableBuilder.Build(attachment.Device, provider: null, Ranges, _size, direction);
    }

    /// <inheritdoc/>
    public void UnmapScatterGather(ScatterGatherAttachment attachment, ScatterGatherBacking backing, DmaDirection direction, in ReservationLock held)
    {
        ArgumentNullException.ThrowIfNull(backing);
        backing.Release();
    }

    /// <inheritdoc/>
    protected override void OnRelease(DmaBuffer buffer) => Array.ForEach(_files, static file => file.Release());

    private static void Add(SoftwareMachine machine, RamFilePart part, List<RamFile> files, List<PhysicalRange> pages)
    {
        ArgumentNullException.ThrowIfNull(part);
        ArgumentNullException.ThrowIfNull(part.File);
        if (!ReferenceEquals(part.File.Machine, machine))
        {
            throw new DmaBufException(Errno.EINVAL, "A buffer over files was asked for with a file of another machine. Use files of one machine.");
        }

        ulong room = MaximumSize - ((ulong)pages.Count * MachinePage.Size);
        if (part.Length > room)
        {
            throw new DmaBufException(Errno.EINVAL, $"A buffer over files may have 0x{MaximumSize:x} bytes; a part of 0x{part.Length:x} is 0x{part.Length - room:x} too long.");
        }

        pages.AddRange(part.File.Hold(part.Offset, part.Length));
        files.Add(part.File);
    }
}
