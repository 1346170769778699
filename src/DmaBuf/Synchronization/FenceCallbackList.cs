namespace DmaBuf;

/// <summary>
/// The callbacks of one pending fence, in the order of their registration. Whoever takes a callback off the list, to run it or to drop it, is the
/// only one to have it: that is what makes "exactly once" true.
/// </summary>
internal sealed class FenceCallbackList
{
    // Innermost: nothing is called while it is held.
    private readonly Lock _lock = new();
    private FenceRegistration? _first;
    private FenceRegistration? _last;
    private bool _closed;

    /// <summary>Appends; false if the fence has signaled meanwhile, then the caller runs the callback itself.</summary>
    public bool TryAdd(FenceRegistration registration)
    {
        lock (_lock)
        {
            if (_closed)
                return false;
            registration.List = this;
            registration.Previous = _last;
            if (_last is null)
                _first = registration;
            else
                _last.Next = registration;
            _last = registration;
            return true;
        }
    }

    /// <summary>Takes one callback off; false if somebody else already has.</summary>
    public bool TryRemove(FenceRegistration registration)
    {
        lock (_lock)
        {
            if (registration.List is null)
                return false;
            Unlink(registration);
            return true;
        }
    }

    /// <summary>Closes the list and runs what is on it, each outside the lock. One throwing callback does not rob the others.</summary>
    public void CloseAndRun()
    {
        List<Exception>? thrown = null;
        while (TakeNextAndClose() is { } registration)
        {
            try
            {
                registration.Invoke();
            }
#pragma warning disable CA1031 // Whatever it is, it is rethrown below, after the other callbacks have run.
            catch (Exception exception)
#pragma warning restore CA1031
            {
                (thrown ??= []).Add(exception);
            }
        }

        if (thrown is not null)
            throw new AggregateException("Callbacks of a signaled fence failed; the fence stays signaled and all callbacks have run.", thrown);
    }

    private FenceRegistration? TakeNextAndClose()
    {
        lock (_lock)
        {
            _closed = true;
            FenceRegistration? next = _first;
            if (next is not null)
                Unlink(next);
            return next;
        }
    }

    private void Unlink(FenceRegistration registration)
    {
        if (registration.Previous is null)
            _first = registration.Next;
        else
            registration.Previous.Next = registration.Next;
        if (registration.Next is null)
            _last = registration.Previous;
        else
            registration.Next.Previous = registration.Previous;
        registration.Previous = null;
        registration.Next = null;
        registration.List = null;
    }
}
