using System.Globalization;
using System.Text;

namespace DmaBuf;

/// <summary>
/// A piece of memory that several parties share (<c>struct dma_buf</c>): size, name, exporter, reservation and the attachments of its importers.
/// </summary>
/// <remarks>
/// <para>
/// <b>References.</b> <see cref="Export"/> returns the buffer with one reference, which <see cref="Dispose"/> drops; <see cref="AddReference"/> makes
/// more, and every attachment owns one. When the last goes, the exporter's <see cref="DmaBufferExporter.OnRelease"/> runs once.
/// </para>
/// <para>
/// <b>Locks.</b> The reservation lock guards the attachment list, the states and the reference count. Order: the exporter's device locks, then
/// the reservation lock, then the importer's own locks; the registry's lock is a leaf. Nobody waits for a mapping to go while holding the
/// reservation lock, because unmap needs it. Every member without a <see cref="ReservationLock"/> parameter is called without the lock.
/// </para>
/// <para>Safe for all threads.</para>
/// </remarks>
public sealed partial class DmaBuffer : IDisposable
{
    /// <summary>The longest name in bytes of UTF-8 (the kernel's 32 with the terminating zero).</summary>
    public const int MaximumNameLength = 31;

    private static long s_lastId;

    private readonly OfferSource _offers;
    private readonly TimeProvider _time;
    private volatile string? _name;
    private Attachment? _attachments;
    private int _attachmentCount;
    private int _references = 1;
    private int _exportReferenceDropped;

    private DmaBuffer(DmaBufferExporter exporter, OfferSource offers, ulong size, DmaBufferExportOptions options)
    {
        Exporter = exporter;
        Size = size;
        _name = options.Name;
        _time = options.TimeProvider;
        Registry = options.Registry;
        Reservation = options.Reservation ?? new Reservation();
        Pinning = exporter as IPinningExporter;
        _offers = offers;
        Id = Interlocked.Increment(ref s_lastId);
    }

    /// <summary>A number that no other buffer of this process has (the inode number's role in dumps).</summary>
    public long Id { get; }

    /// <summary>The size in bytes, fixed at export.</summary>
    public ulong Size { get; }

    /// <summary>The exporter.</summary>
    public DmaBufferExporter Exporter { get; }

    /// <summary>The lock and the fences of this buffer; may be shared with other buffers of the exporter.</summary>
    public Reservation Reservation { get; }

    /// <summary>The registry that lists this buffer until it is released.</summary>
    public DmaBufferRegistry Registry { get; }

    /// <summary>The name for people (<c>DMA_BUF_SET_NAME</c>), at most 31 bytes of UTF-8; null for none.</summary>
    /// <exception cref="DmaBufException">EINVAL: too long.</exception>
    public string? Name
    {
        get => _name;
        set
        {
            ThrowIfNameTooLong(value);
            _name = value;
        }
    }

    /// <summary>The number of attachments; another thread may change it at any time.</summary>
    public int AttachmentCount => Volatile.Read(ref _attachmentCount);

    /// <summary>True once the last reference has gone.</summary>
    public bool IsReleased => Volatile.Read(ref _references) == 0;

    internal IPinningExporter? Pinning { get; }

    internal string DisplayName => _name ?? string.Create(CultureInfo.InvariantCulture, $"buffer {Id}");

    internal int ReferenceCount => Volatile.Read(ref _references);

    internal Attachment? FirstAttachment => _attachments;

    /// <summary>Exports memory as a buffer (<c>dma_buf_export</c>). All checks come first; a failing export changes nothing.</summary>
    /// <param name="exporter">Who owns the memory; called back for offers, vetoes and release.</param>
    /// <param name="size">The size in bytes; not 0. Exporters of pages use multiples of the page, the core does not ask for it.</param>
    /// <param name="options">Name, shared reservation, registry, clock; null for the defaults.</param>
    /// <returns>The buffer with one reference, owned by the caller.</returns>
    /// <exception cref="DmaBufException">
    /// EINVAL: no exporter, an exporter without an offer source, size 0 or a name that is too long; ENOENT: the exporter is going away.
    /// </exception>
    public static DmaBuffer Export(DmaBufferExporter? exporter, ulong size, DmaBufferExportOptions? options = null)
    {
        options ??= DmaBufferExportOptions.Default;
        if (exporter is null)
        {
            throw new DmaBufException(Errno.EINVAL, "Exporting a buffer was refused: there is no exporter. Pass the object that owns the memory.");
        }

        if (size == 0)
        {
            throw new DmaBufException(Errno.EINVAL, $"Exporting a buffer of '{exporter.Name}' was refused: its size is 0. Export at least one byte.");
        }

        ArgumentNullException.ThrowIfNull(options.Registry, nameof(options));
        ArgumentNullException.ThrowIfNull(options.TimeProvider, nameof(options));
        ThrowIfNameTooLong(options.Name);
        OfferSource? offers = exporter.Offers;
        if (offers is null)
        {
            throw new DmaBufException(Errno.EINVAL, $"Exporting a buffer was refused: '{exporter.Name}' has no offer source. Return OfferSource.Single or Computed.");
        }

        if (exporter.IsGoingAway)
        {
            throw new DmaBufException(Errno.ENOENT, $"Exporting a buffer was refused: the exporter '{exporter.Name}' is going away.");
        }

        FaultPoint.Check(FaultSite.BufferAllocation);
        DmaBuffer buffer = new(exporter, offers, size, options);
        buffer.Registry.Add(buffer);
        return buffer;
    }

    /// <summary>Drops the reference that <see cref="Export"/> returned (<c>dma_buf_put</c>). Idempotent, never throws.</summary>
    public void Dispose()
    {
        if (Interlocked.Exchange(ref _exportReferenceDropped, 1) == 0)
        {
            DropReference();
        }
    }

    /// <summary>Makes a further reference (<c>get_dma_buf</c>), owned by the caller until disposed.</summary>
    /// <exception cref="ObjectDisposedException">The last reference has gone.</exception>
    public DmaBufferReference AddReference()
    {
        using (Reservation.LockOrJoin(out _))
        {
            ThrowIfReleased();
            _references++;
        }

        return new DmaBufferReference(this);
    }

    /// <summary>The exporter and the buffer's name.</summary>
    public override string ToString() => $"{Exporter.Name}:{DisplayName}";

    /// <summary>One more reference for a step of the core that must see the exporter alive. The lock is held.</summary>
    internal void TakeReferenceLocked() => _references++;

    internal void DropReference()
    {
        bool last;
        using (Reservation.LockOrJoin(out _))
        {
            last = --_references == 0;
        }

        if (last)
        {
            RunUnlocked(static buffer => buffer.Release(), this);
        }
    }

    internal void DropReferences(int count)
    {
        for (; count > 0; count--)
        {
            DropReference();
        }
    }

    internal void ThrowIfNotLive(string tried, DmaBufferImporter importer)
    {
        if (_life.Phase != BufferPhase.Live)
        {
            throw NotLive(tried, importer.Name);
        }
    }

    internal void ReportBrokenPromise(string during, Exception exception)
        => Registry.Report(DmaBufferProblemKind.BrokenPromise, $"{exception.GetType().Name} while {during} on '{DisplayName}': {exception.Message}");

    private static void ThrowIfNameTooLong(string? name)
    {
        if (name is not null && Encoding.UTF8.GetByteCount(name) is > MaximumNameLength and int length)
        {
            throw new DmaBufException(
                Errno.EINVAL, $"Naming a buffer '{name}' was refused: the name has {length} bytes, at most {MaximumNameLength} are possible. Shorten it.");
        }
    }

    private DmaBufException NotLive(string tried, string importer) => new(
        Errno.ENODEV,
        $"{tried} for '{importer}' on '{DisplayName}' was refused: the buffer is {_life.Phase.ToString().ToLowerInvariant()}. "
            + (_life.Phase == BufferPhase.Dead ? "Its device is gone for good." : "Try again after the exporter has un-revoked it."));

    private void ThrowIfReleased()
    {
        if (IsReleased)
        {
            throw new ObjectDisposedException(nameof(DmaBuffer), $"The buffer '{DisplayName}' was released: its last reference has gone.");
        }
    }

    /// <summary>
    /// Runs what the exporter is promised to see without the lock. After a dispose inside a callback this thread still holds it, so another one does the work.
    /// </summary>
    private void RunUnlocked<TState>(Action<TState> action, TState state)
    {
        if (Reservation.IsHeldByCurrentThread)
        {
            ThreadPool.UnsafeQueueUserWorkItem(action, state, preferLocal: false);
            return;
        }

        action(state);
    }

    private void Release()
    {
        Registry.Remove(this);
        try
        {
            Exporter.OnRelease(this);
        }
        catch (Exception exception)
        {
            ReportBrokenPromise("releasing", exception);
        }
    }
}
