namespace DmaBuf;

/// <summary>
/// The right to signal one fence. Only <see cref="FenceContext.CreateFence"/> hands it out, and nothing leads from a <see cref="Fence"/> back
/// to it: whoever was given a fence to wait for cannot signal it.
/// </summary>
/// <remarks>
/// A value of one reference, free to copy; all copies signal the same fence, which signals once. All members may be called from any thread.
/// <c>using</c> a source makes sure that nobody waits for ever after an error path: see <see cref="Dispose"/>.
/// </remarks>
public readonly record struct FenceSource : IDisposable
{
    private readonly Fence? _fence;

    internal FenceSource(Fence fence) => _fence = fence;

    /// <summary>The fence as others see it.</summary>
    /// <exception cref="DmaBufException">EINVAL: this value is <c>default</c>, not one made by a context.</exception>
    public Fence Fence => _fence ?? throw new DmaBufException(
        Errno.EINVAL, "A default FenceSource signals no fence; take one from FenceContext.CreateFence");

    /// <summary>Signals success (<c>dma_fence_signal</c>) and runs the callbacks on this thread before it returns.</summary>
    /// <returns>True for the one call that signaled; false if the fence had been signaled before.</returns>
    /// <exception cref="AggregateException">Callbacks threw. The fence is signaled, and all callbacks have run.</exception>
    /// <exception cref="DmaBufException">EINVAL: this value is <c>default</c>.</exception>
    public bool TrySignal() => Fence.TryComplete(FenceOutcome.Success);

    /// <summary>Signals failure (<c>dma_fence_set_error</c>, then <c>dma_fence_signal</c>): the work ended, but its result is not to be used.</summary>
    /// <param name="error">Why; not <see cref="Errno.None"/>.</param>
    /// <returns>True for the one call that signaled; false if the fence had been signaled before, whose outcome then stays.</returns>
    /// <exception cref="AggregateException">Callbacks threw. The fence is signaled, and all callbacks have run.</exception>
    /// <exception cref="DmaBufException">EINVAL: no error was given, or this value is <c>default</c>.</exception>
    public bool TryFail(Errno error)
    {
        if (error == Errno.None)
            throw new DmaBufException(Errno.EINVAL, $"Failing fence {Fence} needs an error; to signal success call TrySignal");
        return Fence.TryComplete(FenceOutcome.Failure(error));
    }

    /// <summary>
    /// Fails the fence with ECANCELED if it has not been signaled, so that a producer that gives up leaves nobody waiting. Never throws: what callbacks throw is
    /// reported to <see cref="DmaBufferRegistry.Default"/> as <see cref="DmaBufferProblemKind.BrokenPromise"/>, one problem each, after all of them have run.
    /// </summary>
    public void Dispose()
    {
        try
        {
            _fence?.TryComplete(FenceOutcome.Failure(Errno.ECANCELED));
        }
        catch (AggregateException thrown)
        {
            // A fence belongs to no buffer, so there is no other registry to tell.
            foreach (Exception exception in thrown.Flatten().InnerExceptions)
            {
                DmaBufferRegistry.Default.Report(
                    DmaBufferProblemKind.BrokenPromise, $"{exception.GetType().Name} in a callback while disposing the source of '{_fence}': {exception.Message}");
            }
        }
    }
}
