namespace DmaBuf;

/// <summary>Ends a hold that was taken, and leaves alone one that was joined.</summary>
internal readonly ref struct ReservationJoin : IDisposable
{
    private readonly ReservationLock _held;
    private readonly bool _owns;

    public ReservationJoin(ReservationLock held, bool owns)
    {
        _held = held;
        _owns = owns;
    }

    public void Dispose()
    {
        if (_owns)
            _held.Dispose();
    }
}
