namespace DmaBuf.Machine;

/// <content>Transitions: the memory goes away or comes back, one at a time, and the buffers follow.</content>
public sealed partial class VfioPciDevice : IDisposable
{
    private readonly SemaphoreSlim _transition = new(1, 1);

    /// <summary>The function stops answering to memory accesses: every buffer is revoked before this returns.</summary>
    /// <param name="deadline">How long all importers together may take to let go.</param>
    /// <param name="cancellationToken">Ends the wait; a revoke that has begun goes on to its deadline.</param>
    /// <returns>How the revokes ended.</returns>
    /// <exception cref="DmaBufException">ENODEV: the device was closed.</exception>
    /// <exception cref="ArgumentOutOfRangeException">The deadline is negative or longer than a timer can wait; nothing has happened.</exception>
    public Task<VfioTransition> DisableMemorySpaceAsync(TimeSpan deadline, CancellationToken cancellationToken = default) => InTransitionAsync(
        deadline, async () => new VfioTransition(await RevokeAsync(deadline, cancellationToken).ConfigureAwait(false), []), cancellationToken);

    /// <summary>The function answers again: buffers are given back, except those that somebody still holds in quarantine. Waits for nobody's fence.</summary>
    /// <param name="cancellationToken">Ends the wait for a revoke under way.</param>
    /// <returns>Which stayed revoked.</returns>
    /// <exception cref="DmaBufException">ENODEV: the device was closed.</exception>
    public Task<VfioTransition> EnableMemorySpaceAsync(CancellationToken cancellationToken = default)
        => InTransitionAsync(TimeSpan.Zero, async () => new VfioTransition([], await UnrevokeAsync(cancellationToken).ConfigureAwait(false)), cancellationToken);

    /// <summary>Resets the function: revokes, resets, and gives back if the memory space was enabled (spec B.2).</summary>
    /// <param name="deadline">How long all importers together may take to let go.</param>
    /// <param name="cancellationToken">Ends the wait; buffers then stay revoked and nothing was reset.</param>
    /// <returns>How the revokes ended and which buffers stayed revoked.</returns>
    /// <exception cref="DmaBufException">ENODEV: the device was closed.</exception>
    /// <exception cref="ArgumentOutOfRangeException">The deadline is negative or longer than a timer can wait; nothing has happened.</exception>
    public Task<VfioTransition> ResetAsync(TimeSpan deadline, CancellationToken cancellationToken = default) => InTransitionAsync(
        deadline,
        async () =>
        {
            bool enabled;
            lock (_state)
            {
                enabled = _memorySpaceEnabled;
            }

            IReadOnlyList<RevokeReport> reports = await RevokeAsync(deadline, cancellationToken).ConfigureAwait(false);
            _options.Resetting?.Invoke();
            return new VfioTransition(reports, enabled ? await UnrevokeAsync(cancellationToken).ConfigureAwait(false) : []);
        },
        cancellationToken);

    /// <summary>
    /// Closes the device, as its removal does by itself. Its buffers are dead afterwards and go on to exist; a second call finds nothing to do (D-21).
    /// </summary>
    /// <param name="deadline">How long all importers together may take to let go.</param>
    /// <param name="cancellationToken">Ends the wait; the buffers are dying already.</param>
    /// <returns>How the revokes ended.</returns>
    /// <exception cref="ArgumentOutOfRangeException">The deadline is negative or longer than a timer can wait; nothing has happened.</exception>
    public Task<VfioTransition> CloseAsync(TimeSpan deadline, CancellationToken cancellationToken = default) => InTransitionAsync(
        deadline,
        async () =>
        {
            List<DmaBufferReference> living;
            lock (_state)
            {
                _closed = true;
                _memorySpaceEnabled = false;
                living = Living();
            }

            IReadOnlyList<RevokeReport> reports = await EndAllAsync(living, buffer => buffer.CloseAsync(deadline), cancellationToken).ConfigureAwait(false);
            lock (_state)
            {
                // Not before: whoever could not be closed, or whose close nobody waited for, is met again by the next call.
                _buffers.Clear();
            }

            return new VfioTransition(reports, []);
        },
        cancellationToken);

    /// <summary>Frees the transition lock of a device that was closed, and leaves the function. Idempotent.</summary>
    public void Dispose()
    {
        _removal.Dispose();
        _transition.Dispose();
    }

    /// <summary>On the thread that removes the function, which waits: after it the function, or what the driver knows of it, is gone.</summary>
    private void CloseAtRemoval(PciRemovalKind kind)
        => CloseAsync(kind == PciRemovalKind.Surprise ? TimeSpan.Zero : _options.RemovalDeadline).GetAwaiter().GetResult();

    private Task<VfioTransition> InTransitionAsync(TimeSpan deadline, Func<Task<VfioTransition>> transition, CancellationToken cancellationToken)
    {
        // Looked at first: refused by the first buffer, it would leave a device that is off or closed under buffers that live.
        if (deadline != Timeout.InfiniteTimeSpan && (deadline < TimeSpan.Zero || deadline.TotalMilliseconds >= uint.MaxValue))
        {
            throw new ArgumentOutOfRangeException(nameof(deadline), deadline, "A deadline is zero or more and below 49 days, or Timeout.InfiniteTimeSpan.");
        }

        return WithTransitionLockAsync(transition, cancellationToken);
    }

    private async Task<VfioTransition> WithTransitionLockAsync(Func<Task<VfioTransition>> transition, CancellationToken cancellationToken)
    {
        await _transition.WaitAsync(cancellationToken).ConfigureAwait(false);
        try
        {
            return await transition().ConfigureAwait(false);
        }
        finally
        {
            _transition.Release();
        }
    }

    private async Task<IReadOnlyList<RevokeReport>> RevokeAsync(TimeSpan deadline, CancellationToken cancellationToken)
    {
        List<DmaBufferReference> living = SetMemorySpace(false);
        return await EndAllAsync(living, buffer => buffer.RevokeAsync(deadline), cancellationToken).ConfigureAwait(false);
    }

    private async Task<IReadOnlyList<string>> UnrevokeAsync(CancellationToken cancellationToken)
    {
        List<DmaBufferReference> living = SetMemorySpace(true);
        List<string> refusals = [];
        try
        {
            foreach (DmaBufferReference reference in living)
            {
                try
                {
                    if (reference.Buffer is { Phase: BufferPhase.Revoking, AttachmentCount: 0 })
                    {
                        // Nobody is attached, so it waits for a fence that came with a shared reservation, and that may never signal.
                        _ = await reference.Buffer.RevokeAsync(TimeSpan.Zero, CancellationToken.None).ConfigureAwait(false);
                    }

                    await reference.Buffer.UnrevokeAsync(cancellationToken).ConfigureAwait(false);
                }
                catch (DmaBufException refused)
                {
                    // In quarantine, or closed by somebody else: the others are given back all the same.
                    refusals.Add(refused.Message);
                }
            }

            return refusals;
        }
        finally
        {
            living.ForEach(static reference => reference.Dispose());
        }
    }

    private List<DmaBufferReference> SetMemorySpace(bool enabled)
    {
        lock (_state)
        {
            if (_closed)
            {
                throw Closed("A transition");
            }

            _memorySpaceEnabled = enabled;
            return Living();
        }
    }

    /// <summary>A reference to each buffer whose last one has not gone. The state lock is held.</summary>
    private List<DmaBufferReference> Living()
    {
        List<DmaBufferReference> living = new(_buffers.Count);
        foreach (VfioPciBuffer exporter in _buffers)
        {
            try
            {
                living.Add(exporter.Buffer!.AddReference());
            }
            catch (ObjectDisposedException)
            {
                // Its last reference has gone, and its release waits for the state lock to take it off the list.
            }
        }

        return living;
    }

    /// <summary>
    /// Begins with all before it waits for any, so that one deadline covers them together, and begins with all of them whatever happens: neither a caller that gives up nor
    /// one buffer that cannot be ended leaves another alive.
    /// </summary>
    private static async Task<IReadOnlyList<RevokeReport>> EndAllAsync(
        List<DmaBufferReference> living, Func<DmaBuffer, ValueTask<RevokeReport>> end, CancellationToken cancellationToken)
    {
        try
        {
            return await Task.WhenAll(living.ConvertAll(reference => EndAsync(reference.Buffer, end))).WaitAsync(cancellationToken).ConfigureAwait(false);
        }
        finally
        {
            living.ForEach(static reference => reference.Dispose());
        }
    }

    /// <summary>What fails at once fails the task, too.</summary>
    private static async Task<RevokeReport> EndAsync(DmaBuffer buffer, Func<DmaBuffer, ValueTask<RevokeReport>> end) => await end(buffer).ConfigureAwait(false);
}
