namespace DmaBuf.Machine;

/// <summary>
/// One function's being there, its ending, and who is to be told. A virtual function that is not enabled is not there, and may come back.
/// </summary>
/// <remarks>
/// Theory: a removal has four steps, and its kind decides only where the telling lies. Orderly: tell, close, forget routes, drain.
/// Surprise: close, forget routes, drain, tell. Subscribers are told newest first, so that what was built on something goes before it.
/// Removals on one machine come one after the other, because a driver that is told of one may remove another; a later removal of a function finds
/// the work done and waits until it is.
/// Lock order: the machine's removal lock, then the subscribers', which is a leaf. Subscribers run under the removal lock alone; it is
/// recursive, so that one may remove the function again, which does nothing.
/// </remarks>
internal sealed class PciPresence
{
    private readonly PciTopology _topology;
    private readonly Lock _subscribers = new();
    private readonly List<Subscription> _told = [];
    private PciRemovalKind? _kind;

    public PciPresence(PciTopology topology, bool isThere)
    {
        _topology = topology;
        if (!isThere)
        {
            _kind = PciRemovalKind.Orderly;
            Gate.Close();
        }
    }

    public PciAccessGate Gate { get; } = new();

    /// <summary>A virtual function is enabled: it is there again, and nobody has subscribed yet.</summary>
    public void Restore()
    {
        lock (_topology.Removal)
        {
            lock (_subscribers)
            {
                _kind = null;
            }

            Gate.Open();
            _topology.Invalidate();
        }
    }

    /// <summary>The link is gone: nobody gets in any more. The removal itself comes after.</summary>
    public void CutOff()
    {
        Gate.Close();
        _topology.Invalidate();
    }

    /// <exception cref="DmaBufException">EDEADLK: the calling thread is inside an access.</exception>
    public static void RefuseInsideAccess(PciFunction function)
    {
        if (PciAccessGate.IsCallerInside)
        {
            throw new DmaBufException(
                Errno.EDEADLK, $"{function} cannot be removed from inside a register's callback: the removal would wait for the access that called it. Remove it from another thread.");
        }
    }

    public IDisposable Subscribe(PciFunction function, Action<PciFunction, PciRemovalKind> subscriber)
    {
        lock (_subscribers)
        {
            if (_kind is not null)
            {
                throw new DmaBufException(Errno.ENODEV, $"Nobody can be told of the removal of {function}: it is removed, or about to be. Use another function.");
            }

            Subscription subscription = new(this, subscriber);
            _told.Add(subscription);
            return subscription;
        }
    }

    public PciRemoval Remove(PciFunction function, PciRemovalKind kind)
    {
        RefuseInsideAccess(function);
        lock (_topology.Removal)
        {
            Subscription[] subscriptions;
            lock (_subscribers)
            {
                if (_kind is { } earlier)
                {
                    return new PciRemoval(earlier, WasFirst: false, []);
                }

                _kind = kind;
                subscriptions = [.. Enumerable.Reverse(_told)];
                _told.Clear();
            }

            List<Exception> failures = [];
            if (kind == PciRemovalKind.Orderly)
            {
                Tell(subscriptions, function, kind, failures);
            }

            CutOff();
            Gate.Drain();
            if (kind == PciRemovalKind.Surprise)
            {
                Tell(subscriptions, function, kind, failures);
            }

            return new PciRemoval(kind, WasFirst: true, failures);
        }
    }

    private static void Tell(Subscription[] subscriptions, PciFunction function, PciRemovalKind kind, List<Exception> failures)
    {
        foreach (Subscription subscription in subscriptions)
        {
            try
            {
                subscription.Subscriber(function, kind);
            }
#pragma warning disable CA1031 // One driver's mistake must not keep the others from hearing that their device is gone; the report has it.
            catch (Exception failure)
#pragma warning restore CA1031
            {
                failures.Add(failure);
            }
        }
    }

    private sealed class Subscription(PciPresence presence, Action<PciFunction, PciRemovalKind> subscriber) : IDisposable
    {
        public Action<PciFunction, PciRemovalKind> Subscriber => subscriber;

        public void Dispose()
        {
            lock (presence._subscribers)
            {
                presence._told.Remove(this);
            }
        }
    }
}
