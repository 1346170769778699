namespace DmaBuf;

/// <summary>
/// A one-shot completion of some work on memory (<c>dma_fence</c>), as those see it who wait for it. It signals once, with success or with an
/// error, and stays so. The right to signal is a <see cref="FenceSource"/>, held by whoever made it.
/// </summary>
/// <remarks>
/// <para>All members may be called from any thread. A fence holds no resource beyond memory and is never pooled, so a kept reference always
/// means the same work.</para>
/// <para>A wait ends when the fence has signaled, whatever its outcome; look at <see cref="Error"/> afterwards. A failed fence says that the
/// work ended badly, not that it is still going on, so nobody has to wait longer because of it.</para>
/// </remarks>
public sealed class Fence
{
    // null: pending, nobody asked to be called; FenceCallbackList: pending; FenceOutcome: signaled, for good.
    private object? _state;

    internal Fence(FenceContext context, ulong sequenceNumber)
    {
        Context = context;
        SequenceNumber = sequenceNumber;
    }

    /// <summary>The timeline that this fence belongs to.</summary>
    public FenceContext Context { get; }

    /// <summary>The place on its timeline, from 1, dense.</summary>
    public ulong SequenceNumber { get; }

    /// <summary>True once the work has ended, well or badly (<c>dma_fence_is_signaled</c>).</summary>
    public bool IsSignaled => Volatile.Read(ref _state) is FenceOutcome;

    /// <summary>The error it signaled with; <see cref="Errno.None"/> while pending and after success (<c>dma_fence_get_status</c>).</summary>
    public Errno Error => Volatile.Read(ref _state) is FenceOutcome outcome ? outcome.Error : Errno.None;

    // What a merged fence waits for, so that merging again stays flat; null for all others.
    internal FenceMerge? Parts { get; init; }

    /// <summary>
    /// Has a callback run when the fence signals (<c>dma_fence_add_callback</c>): exactly once, on the thread that signals, without any lock of the
    /// framework. If the fence has signaled already, it runs here, before this method returns.
    /// </summary>
    /// <param name="callback">
    /// Gets the fence and <paramref name="state"/>; static lambdas do. It must be short and must not take a reservation lock: the thread
    /// that signals may hold one.
    /// </param>
    /// <param name="state">Handed to the callback.</param>
    /// <returns>The way to take the callback back.</returns>
    /// <exception cref="ArgumentNullException"><paramref name="callback"/> is null.</exception>
    public FenceRegistration OnSignaled(Action<Fence, object?> callback, object? state)
    {
        ArgumentNullException.ThrowIfNull(callback);
        var registration = new FenceRegistration(this, callback, state);
        if (!TryEnlist(registration))
            registration.Invoke();
        return registration;
    }

    /// <summary>Waits without blocking a thread.</summary>
    /// <param name="cancellationToken">Ends the wait, not the work.</param>
    /// <returns>Completed when the fence has signaled; canceled if the token came first. Never pooled, may be awaited late.</returns>
    public ValueTask WaitAsync(CancellationToken cancellationToken = default)
    {
        if (IsSignaled)
            return ValueTask.CompletedTask;
        if (cancellationToken.IsCancellationRequested)
            return ValueTask.FromCanceled(cancellationToken);
        return new ValueTask(WaitPendingAsync(Timeout.InfiniteTimeSpan, cancellationToken));
    }

    /// <summary>Waits for a limited time without blocking a thread.</summary>
    /// <param name="timeout">How long; zero only looks, <see cref="Timeout.InfiniteTimeSpan"/> has no limit.</param>
    /// <param name="cancellationToken">Ends the wait, not the work.</param>
    /// <returns>True if the fence has signaled, false if the time was over first; canceled if the token came first. Never pooled.</returns>
    /// <exception cref="ArgumentOutOfRangeException">The timeout is negative or longer than 2^31-1 ms.</exception>
    public ValueTask<bool> WaitAsync(TimeSpan timeout, CancellationToken cancellationToken = default)
    {
        TimeSpan remaining = new WaitDeadline(timeout).Remaining;
        if (IsSignaled)
            return ValueTask.FromResult(true);
        if (cancellationToken.IsCancellationRequested)
            return ValueTask.FromCanceled<bool>(cancellationToken);
        if (remaining == TimeSpan.Zero)
            return ValueTask.FromResult(false);
        return new ValueTask<bool>(WaitPendingAsync(remaining, cancellationToken));
    }

    /// <summary>
    /// Blocks this thread until the fence has signaled (<c>dma_fence_wait_timeout</c>). It may be called with a reservation lock held, as
    /// memory management does; then all who want that lock wait as long, so prefer to leave the lock first.
    /// </summary>
    /// <param name="timeout">How long; zero only looks, <see cref="Timeout.InfiniteTimeSpan"/> has no limit.</param>
    /// <param name="cancellationToken">Ends the wait, not the work.</param>
    /// <returns>True if the fence has signaled, false if the time was over first.</returns>
    /// <exception cref="ArgumentOutOfRangeException">The timeout is negative or longer than 2^31-1 ms.</exception>
    /// <exception cref="OperationCanceledException">The token came first.</exception>
    public bool Wait(TimeSpan timeout, CancellationToken cancellationToken = default)
    {
        TimeSpan remaining = new WaitDeadline(timeout).Remaining;
        if (IsSignaled)
            return true;
        cancellationToken.ThrowIfCancellationRequested();
        if (remaining == TimeSpan.Zero)
            return false;

        // Not disposed: the callback may be setting it on another thread when the time is over, and without a wait handle it holds nothing.
        var signaled = new ManualResetEventSlim();
        using FenceRegistration registration = OnSignaled(static (_, state) => ((ManualResetEventSlim)state!).Set(), signaled);
        return signaled.Wait(remaining, cancellationToken);
    }

    /// <summary>
    /// One fence for several (<c>dma_fence_unwrap_merge</c>, <c>dma_fence_array</c>): it signals when all have, and carries the error of the first that
    /// failed.
    /// </summary>
    /// <param name="fences">
    /// What to wait for, in any order. Of fences of one context only the one with the highest number is kept, since a timeline signals in
    /// order; merged fences are taken apart, so that merging in a chain does not grow deep.
    /// </param>
    /// <returns>
    /// A fence on a context of its own; the pending one itself where exactly one is pending and none has failed; an already signaled one if
    /// none is pending.
    /// </returns>
    /// <exception cref="ArgumentNullException">One of the fences is null; nothing has been registered then.</exception>
    public static Fence Merge(params ReadOnlySpan<Fence> fences) => FenceMerge.Merge(fences);

    /// <summary>Context, number and state.</summary>
    /// <returns>Text for a person, for instance <c>copy engine 0#7:3 pending</c>.</returns>
    public override string ToString()
    {
        string state = Volatile.Read(ref _state) is not FenceOutcome outcome ? "pending"
            : outcome.Error == Errno.None ? "signaled" : $"failed {outcome.Error}";
        return $"{Context}:{SequenceNumber} {state}";
    }

    internal bool TryComplete(FenceOutcome outcome)
    {
        object? seen = Volatile.Read(ref _state);
        while (seen is not FenceOutcome)
        {
            object? found = Interlocked.CompareExchange(ref _state, outcome, seen);
            if (ReferenceEquals(found, seen))
            {
                (seen as FenceCallbackList)?.CloseAndRun();
                return true;
            }

            seen = found;
        }

        return false;
    }

    private bool TryEnlist(FenceRegistration registration)
    {
        object? seen = Volatile.Read(ref _state);
        if (seen is null)
        {
            var fresh = new FenceCallbackList();
            seen = Interlocked.CompareExchange(ref _state, fresh, null) ?? fresh;
        }

        return seen is FenceCallbackList list && list.TryAdd(registration);
    }

    private async Task<bool> WaitPendingAsync(TimeSpan timeout, CancellationToken cancellationToken)
    {
        // Continuations must not run on the thread that signals: it may hold a reservation lock.
        var completion = new TaskCompletionSource<bool>(TaskCreationOptions.RunContinuationsAsynchronously);
        using FenceRegistration signaled = OnSignaled(
            static (_, state) => ((TaskCompletionSource<bool>)state!).TrySetResult(true), completion);
        using CancellationTokenRegistration canceled = cancellationToken.UnsafeRegister(
            static (state, token) => ((TaskCompletionSource<bool>)state!).TrySetCanceled(token), completion);
        using Timer? deadline = timeout == Timeout.InfiniteTimeSpan
            ? null
            : new Timer(static state => ((TaskCompletionSource<bool>)state!).TrySetResult(false), completion, timeout, Timeout.InfiniteTimeSpan);
        return await completion.Task.ConfigureAwait(false);
    }
}
