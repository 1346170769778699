namespace DmaBuf.Tests.Conformance.Faults;

/// <summary>Opens and closes windows, and counts them. Safe for all threads.</summary>
internal sealed class WindowExporter : DmaBufferExporter
{
    private readonly Lock _lock = new();
    private readonly HashSet<int> _open = [];
    private readonly Lock _alone = new();
    private readonly bool _needsItsMemoryBack;
    private int _last;

    internal WindowExporter(Fault fault, Revocability revocability, bool needsItsMemoryBack)
        : base("windows")
    {
        Fault = fault;
        Revocability = revocability;
        _needsItsMemoryBack = needsItsMemoryBack;
        MappingOffer offer = WindowType.Offer(this);
        Offers = fault == Fault.OffersTakeTheLock ? OfferSource.Computed(buffer => UnderTheLock(buffer, [offer])) : OfferSource.Single(offer);
    }

    internal Fault Fault { get; }

    internal Revocability Revocability { get; }

    internal WindowAttachment? Kept { get; set; }

    internal bool IsGone { get; set; }

    /// <summary>Opened and not closed; below zero if some were closed twice.</summary>
    internal int Balance { get; private set; }

    protected internal override OfferSource Offers { get; }

    protected internal override bool RequiresRevocation => _needsItsMemoryBack && Fault != Fault.RevocationNotRequired;

    internal int Open()
    {
        if (IsGone)
        {
            throw new DmaBufException(Errno.EIO, "The memory is gone.");
        }

        lock (_lock)
        {
            Balance++;
            _open.Add(++_last);
            return _last;
        }
    }

    internal void Close(int window)
    {
        lock (_lock)
        {
            Balance--;
            _open.Remove(window);
        }
    }

    internal bool IsOpen(int window)
    {
        lock (_lock)
        {
            return _open.Contains(window);
        }
    }

    internal void UseAlone(Action inside)
    {
        lock (_alone)
        {
            inside();
        }
    }

    protected internal override void OnAttach(Attachment attachment)
    {
        if (Fault == Fault.DetachForgets)
        {
            Open();
        }
    }

    protected internal override void OnDetach(Attachment attachment) => ((WindowAttachment)attachment).Detached();

    protected internal override void OnRelease(DmaBuffer buffer)
    {
        if (Fault == Fault.ReleaseThrows)
        {
            throw new InvalidOperationException("the house stays");
        }
    }

    private static MappingOfferList UnderTheLock(DmaBuffer buffer, MappingOfferList offers)
    {
        using ReservationLock held = buffer.Reservation.Lock();
        return offers;
    }
}
