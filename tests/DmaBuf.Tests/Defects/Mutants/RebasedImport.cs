namespace DmaBuf.Tests.Defects.Mutants;

/// <summary>
/// The import of the rebased tree: lock, pin, map, and on failure unlock, unpin, detach. The result is taken from the map's variable, which a failed pin never
/// sets, and the unpin comes after the unlock (D-23).
/// </summary>
internal sealed class RebasedImport
{
    private readonly Reservation _reservation = new();
    private readonly List<string> _trace = [];

    internal string Trace => string.Join(' ', _trace);

    internal bool UnpinnedUnderTheLock { get; private set; }

    internal Errno PinAndMap(Errno pin, Errno map)
    {
        Errno pinned;
        Errno mapped = Errno.None;
        using (_reservation.Lock())
        {
            _trace.Add("pin");
            pinned = pin;
            if (pinned == Errno.None)
            {
                _trace.Add("map");
                mapped = map;
            }
        }

        if (pinned == Errno.None && mapped != Errno.None)
        {
            _trace.Add("unpin");
            UnpinnedUnderTheLock = _reservation.IsLocked;
        }

        return mapped;
    }
}
