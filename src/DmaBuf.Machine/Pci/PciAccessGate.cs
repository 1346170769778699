namespace DmaBuf.Machine;

/// <summary>
/// Counts the accesses that are under way by and to one function, and closes for good when the function is removed: after
/// <see cref="Drain"/> none is under way and none will be.
/// </summary>
/// <remarks>
/// One word: the number of accesses, and a bit once closed. Entering and leaving are one compare-and-swap or decrement each; the lock is
/// a leaf that only a removal and the last access before it take.
/// </remarks>
internal sealed class PciAccessGate
{
    private const int Closed = 1 << 30;

    [ThreadStatic]
    private static int s_inside;

    private readonly object _drained = new();
    private int _word;

    /// <summary>Whether the calling thread is inside an access, of any function: a removal from there would wait for itself.</summary>
    public static bool IsCallerInside => s_inside != 0;

    public bool IsClosed => (Volatile.Read(ref _word) & Closed) != 0;

    public bool TryEnter()
    {
        int word = Volatile.Read(ref _word);
        while ((word & Closed) == 0)
        {
            int seen = Interlocked.CompareExchange(ref _word, word + 1, word);
            if (seen == word)
            {
                s_inside++;
                return true;
            }

            word = seen;
        }

        return false;
    }

    public void Leave()
    {
        s_inside--;
        if (Interlocked.Decrement(ref _word) == Closed)
        {
            lock (_drained)
            {
                Monitor.PulseAll(_drained);
            }
        }
    }

    /// <summary>Lets nobody in any more. Who drains looks again, because the gate may have been open meanwhile, and then nobody's leaving tells of the closing.</summary>
    public void Close()
    {
        Interlocked.Or(ref _word, Closed);
        lock (_drained)
        {
            Monitor.PulseAll(_drained);
        }
    }

    /// <summary>Lets them in again; called when whoever was in is out.</summary>
    public void Open() => Interlocked.And(ref _word, ~Closed);

    /// <summary>Waits until whoever was in when the gate closed is out.</summary>
    public void Drain()
    {
        lock (_drained)
        {
            while (Volatile.Read(ref _word) != Closed)
            {
                Monitor.Wait(_drained);
            }
        }
    }
}
