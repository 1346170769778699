namespace DmaBuf;

/// <summary>
/// What stands behind a merged fence: it counts the parts that are still pending and keeps the first error. The parts are let go as soon as the
/// merged fence has signaled.
/// </summary>
internal sealed class FenceMerge
{
    private readonly FenceSource _source;
    private Fence[]? _parts;
    private int _remaining;
    private int _error;

    private FenceMerge(Fence[] parts, Errno error)
    {
        _parts = parts;
        _error = (int)error;
        // One more than there are parts: the merged fence must not signal before the last callback has been registered.
        _remaining = parts.Length + 1;
        _source = new FenceSource(new Fence(new FenceContext("merged"), 1) { Parts = this });
    }

    public static Fence Merge(ReadOnlySpan<Fence> fences)
    {
        foreach (Fence fence in fences)
            ArgumentNullException.ThrowIfNull(fence, nameof(fences));

        var latest = new Dictionary<ulong, Fence>();
        Errno error = Errno.None;
        foreach (Fence fence in fences)
            Collect(fence, latest, ref error);

        if (latest.Count == 0)
            return Signaled(error);
        Fence[] parts = [.. latest.Values];
        return parts.Length == 1 && error == Errno.None ? parts[0] : new FenceMerge(parts, error).Start();
    }

    private static void Collect(Fence fence, Dictionary<ulong, Fence> latest, ref Errno error)
    {
        if (fence.IsSignaled)
        {
            if (error == Errno.None)
                error = fence.Error;
            return;
        }

        if (fence.Parts is { } merge && Volatile.Read(ref merge._parts) is { } parts)
        {
            // An error that the merged fence has seen already would be lost when its parts are looked at alone.
            if (error == Errno.None)
                error = (Errno)Volatile.Read(ref merge._error);
            foreach (Fence part in parts)
                Collect(part, latest, ref error);
            return;
        }

        if (!latest.TryGetValue(fence.Context.Id, out Fence? known) || known.SequenceNumber < fence.SequenceNumber)
            latest[fence.Context.Id] = fence;
    }

    private static Fence Signaled(Errno error)
    {
        FenceSource source = new FenceContext("merged").CreateFence();
        if (error == Errno.None)
            source.TrySignal();
        else
            source.TryFail(error);
        return source.Fence;
    }

    private Fence Start()
    {
        foreach (Fence part in _parts!)
            part.OnSignaled(static (fence, state) => ((FenceMerge)state!).OnPartSignaled(fence.Error), this);
        OnPartSignaled(Errno.None);
        return _source.Fence;
    }

    private void OnPartSignaled(Errno error)
    {
        if (error != Errno.None)
            Interlocked.CompareExchange(ref _error, (int)error, (int)Errno.None);
        if (Interlocked.Decrement(ref _remaining) != 0)
            return;

        if (_error == (int)Errno.None)
            _source.TrySignal();
        else
            _source.TryFail((Errno)_error);
        Volatile.Write(ref _parts, null);
    }
}
