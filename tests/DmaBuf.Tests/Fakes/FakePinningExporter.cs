namespace DmaBuf.Tests.Fakes;

/// <summary>An exporter that pins, counting.</summary>
internal sealed class FakePinningExporter(params MappingOffer[] offers) : FakeExporter(offers), IPinningExporter
{
    internal int Pins { get; private set; }

    internal Exception? FailPin { get; set; }

    internal Exception? FailUnpin { get; set; }

    internal LockedCall? Pinning { get; set; }

    internal bool UnpinnedUnderTheLock { get; private set; }

    public void Pin(Attachment attachment, in ReservationLock held)
    {
        held.Reservation.ThrowIfNotHeldBy(in held);
        Trace.Add("pin");
        if (FailPin is { } failure)
        {
            throw failure;
        }

        Pins++;
        Pinning?.Invoke(in held);
    }

    public void Unpin(Attachment attachment, in ReservationLock held)
    {
        held.Reservation.ThrowIfNotHeldBy(in held);
        Trace.Add("unpin");
        UnpinnedUnderTheLock = held.Reservation.IsLocked;
        Pins--;
        if (FailUnpin is { } failure)
        {
            throw failure;
        }
    }
}
