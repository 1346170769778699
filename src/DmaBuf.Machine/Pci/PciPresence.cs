namespace DmaBuf.Machine;

/// <summary>
/// One function's being there, its ending, and who is to be told.
/// </summary>
/// <remarks>
/// Theory: a removal has four steps, and its kind decides only where the telling lies. Orderly: tell, close, forget routes, drain.
/// Surprise: close, forget routes, drain, tell. Subscribers are told newest first, so that what was built on something goes before it.
/// Removals of one function come one after the other; a later one finds the work done and waits until it is.
/// Lock order: the removal's lock, then the subscribers', which is a leaf. Subscribers run under the removal's lock alone; it is
/// recursive, so that one may remove the function again, which does nothing.
/// </remarks>
internal sealed class PciPresence(PciTopology topology)
{
    private readonly Lock _removal = new();
    private readonly Lock _subscribers = new();
    private readonly List<Subscription> _told = [];
    private PciRemovalKind? _kind;

    public PciAccessGate Gate { get; } = new();

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
        if (PciAccessGate.IsCallerInside)
        {
            throw new DmaBufException(
                Errno.EDEADLK, $"{function} cannot be removed from inside a register's callback: the removal would wait for the access that called it. Remove it from another thread.");
        }

        lock (_removal)
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

            Gate.Close();
            topology.Invalidate();
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
