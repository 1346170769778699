namespace DmaBuf.Linux;

/// <summary>A buffer at an I/O virtual address: what <see cref="VfioTypeOneImporter"/> and <see cref="IommuFdImporter"/> leave in an attachment (<see cref="DescriptorImport.Imported"/>).</summary>
/// <remarks>Belongs to the attachment, which ends it. Safe for all threads.</remarks>
public sealed class ImportedDmaRange : IDisposable
{
    private readonly Action _end;
    private int _ended;

    internal ImportedDmaRange(DmaRange range, Action end)
    {
        Range = range;
        _end = end;
    }

    /// <summary>Where devices find the buffer's bytes. After detach or revoke they find nothing there.</summary>
    public DmaRange Range { get; }

    /// <summary>Unmaps, once: for the attachment to call.</summary>
    public void Dispose()
    {
        if (Interlocked.Exchange(ref _ended, 1) == 0)
        {
            _end();
        }
    }

    /// <summary>What an attachment of one of these importers reaches.</summary>
    /// <param name="attachment">The attachment, not detached.</param>
    /// <exception cref="DmaBufException">EINVAL: the attachment is another importer's.</exception>
    public static DmaRange Of(Attachment attachment)
    {
        LinuxOnly.Ensure();
        ArgumentNullException.ThrowIfNull(attachment);
        return attachment is DescriptorAttachment { Import.Imported: ImportedDmaRange imported }
            ? imported.Range
            : throw new DmaBufException(Errno.EINVAL, $"{attachment.Importer} has no I/O virtual address: it did not import for DMA. Attach with VfioTypeOneImporter or IommuFdImporter.");
    }
}
