using System.Runtime.InteropServices;

namespace DmaBuf.Linux;

/// <summary>A video queue as importer: each attachment has a slot of the queue, and the kernel imports the buffer inside attach.</summary>
/// <remarks>
/// Needs a dma-buf of RAM, as large as the format's plane; a device without an IOMMU (vb2's dma-contig) also needs one contiguous run, which only its driver's author knows and the caller
/// says. Detach ends it; the kernel lets go of the memory with the last attachment once the stream is stopped, or when the slot gets another buffer. It cannot be made to let go under its users:
/// not revocable. Safe for all threads.
/// </remarks>
public sealed class VideoImporter : DmaBufferImporter
{
    private readonly SlotImport _import;
    private readonly bool _isContiguous;

    /// <summary>Makes an importer of a queue, which stays the caller's and must outlive the attachments.</summary>
    /// <param name="queue">A queue of dma-buf memory with one plane a frame.</param>
    /// <param name="needsContiguousMemory">Whether the device reaches memory only as one run.</param>
    /// <exception cref="DmaBufException">EINVAL: the queue has the driver's memory, or several planes a frame.</exception>
    public VideoImporter(VideoQueue queue, bool needsContiguousMemory = false)
        : base(NameOf(queue))
    {
        Queue = queue;
        _import = new(queue);
        _isContiguous = needsContiguousMemory;
    }

    /// <summary>Whose slots the attachments have.</summary>
    public VideoQueue Queue { get; }

    /// <summary>Requests an import.</summary>
    /// <param name="ceiling">The costs that are permitted; what happens inside a kernel is <see cref="MappingCost.Unknown"/>.</param>
    public MappingRequest<DescriptorAttachment> Request(MappingCost ceiling = MappingCost.Default) => DescriptorMappingType.RequestImport(
        new()
        {
            Kinds = DescriptorKind.DmaBuf,
            Memory = DescriptorMemory.Ram,
            MinimumSize = Queue.Format.Planes[0].Size,
            Contiguous = _isContiguous,
        },
        _import,
        ceiling);

    /// <summary>Requests an import without saying what the device needs, to hear what the kernel says by itself.</summary>
    /// <param name="ceiling">The costs that are permitted.</param>
    public MappingRequest<DescriptorAttachment> RequestAny(MappingCost ceiling = MappingCost.Default) => DescriptorMappingType.RequestImport(null, _import, ceiling);

    /// <summary>Gives the attached buffer to the device, to be filled or shown; it comes back as a frame of <see cref="VideoQueue.DequeueAsync"/> with this slot.</summary>
    /// <returns>The slot.</returns>
    /// <exception cref="DmaBufException">EBUSY: the device has it; ENODEV: revoked; EINVAL: the attachment is not one of this importer's requests.</exception>
    /// <exception cref="ObjectDisposedException">Detached.</exception>
    public int Enqueue(DescriptorAttachment attachment)
    {
        ArgumentNullException.ThrowIfNull(attachment);
        if (attachment.Import is not { Imported: ImportedSlot slot } import || !ReferenceEquals(slot.Queue, Queue))
        {
            throw new DmaBufException(Errno.EINVAL, $"Enqueuing '{attachment.Buffer}' in {Queue} was refused: the attachment did not import it there. Attach with a request of this importer.");
        }

        using DescriptorLease lease = import.Borrow();
        Queue.EnqueueImported(slot.Slot, lease.Handle);
        return slot.Slot;
    }

    private static string NameOf(VideoQueue queue)
    {
        ArgumentNullException.ThrowIfNull(queue);
        return queue.Memory == VideoMemory.DmaBuf && queue.Format.Planes.Count == 1
            ? $"video {queue.Device.Capabilities.BusInfo}"
            : throw new DmaBufException(Errno.EINVAL, $"An importer for {queue} was refused: it has {queue.Memory} memory and {queue.Format.Planes.Count} planes a frame. Use a queue of DmaBuf memory with one plane.");
    }

    private sealed class SlotImport(VideoQueue queue) : IDescriptorImport
    {
        public MappingCost Cost => MappingCost.Unknown;

        public bool CanTakeAway => false;

        public IDisposable Import(DescriptorAttachment attachment, SafeHandle descriptor) => new ImportedSlot(queue, queue.Import(descriptor, $"'{attachment.Buffer}'"));
    }

    private sealed class ImportedSlot(VideoQueue queue, int slot) : IDisposable
    {
        public VideoQueue Queue => queue;

        public int Slot => slot;

        public void Dispose() => queue.Forget(slot);
    }
}
