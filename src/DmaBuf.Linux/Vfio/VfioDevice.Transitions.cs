namespace DmaBuf.Linux;

/// <content>Transitions: the memory goes away or comes back, one at a time; windows and peers are cut off first, and buffers follow.</content>
public sealed partial class VfioDevice
{
    private readonly SemaphoreSlim _transition = new(1, 1);
    private readonly Lock _exportsGate = new();
    private readonly List<DmaBuffer> _exports = [];

    /// <summary>Lets the function answer to memory accesses and do DMA (memory space and bus master on), and gives buffers back.</summary>
    /// <param name="cancellationToken">Ends the wait for another transition or a revoke under way.</param>
    /// <returns>Which buffers stayed revoked.</returns>
    /// <exception cref="DmaBufException">EIO or ENODEV: the function does not answer.</exception>
    public Task<VfioMemoryChange> EnableAsync(CancellationToken cancellationToken = default) => InTransitionAsync(
        () =>
        {
            WriteCommand((ushort)(Config.Read16(CommandRegister) | MemorySpace | BusMaster));
            return GiveBackAsync([], cancellationToken);
        },
        cancellationToken);

    /// <summary>Switches the memory space off: windows and peers' mappings are gone and every buffer is revoked before the function is told.</summary>
    /// <param name="deadline">How long all importers together may take to let go.</param>
    /// <param name="cancellationToken">Ends the wait; the function is then as it was, and buffers may be revoked.</param>
    /// <returns>How the revokes ended.</returns>
    /// <exception cref="DmaBufException">EIO or ENODEV: the function does not answer.</exception>
    public Task<VfioMemoryChange> DisableMemoryAsync(TimeSpan deadline, CancellationToken cancellationToken = default) => InTransitionAsync(
        async () =>
        {
            IReadOnlyList<RevokeReport> reports = await TakeAwayAsync("its memory space is off", deadline, cancellationToken).ConfigureAwait(false);
            WriteCommand((ushort)(Config.Read16(CommandRegister) & ~MemorySpace));
            return new VfioMemoryChange(reports, []);
        },
        cancellationToken);

    /// <summary>Resets the function (<c>VFIO_DEVICE_RESET</c>): windows and peers' mappings are gone and every buffer is revoked before; buffers are given back after it.</summary>
    /// <inheritdoc cref="DisableMemoryAsync"/>
    /// <exception cref="DmaBufException">EOPNOTSUPP: there is no way to reset this function alone; nothing was taken away.</exception>
    public Task<VfioMemoryChange> ResetAsync(TimeSpan deadline, CancellationToken cancellationToken = default)
    {
        if (!CanReset)
        {
            throw new DmaBufException(
                Errno.EOPNOTSUPP, $"Resetting {this} was refused: it has no reset of its own, and shares its bus. Put it behind a port of its own, or use the device's own means.");
        }

        return InTransitionAsync(
            async () =>
            {
                IReadOnlyList<RevokeReport> reports = await TakeAwayAsync("it is being reset", deadline, cancellationToken).ConfigureAwait(false);
                Errno errno = DeviceCall.TryValue(Descriptor, VfioUapi.VFIO_DEVICE_RESET, 0, out _);
                if (errno != Errno.None)
                {
                    throw NativeError.Failure(errno, $"Resetting {this}", NativeError.CommonRemedy(errno));
                }

                return await GiveBackAsync(reports, cancellationToken).ConfigureAwait(false);
            },
            cancellationToken);
    }

    /// <summary>Closes the device in order: all who reach its BARs are told and get time; buffers stay dead for good.</summary>
    /// <param name="deadline">How long all importers together may take to let go.</param>
    /// <param name="cancellationToken">Ends the wait; the device is closed all the same.</param>
    /// <returns>How it ended for each buffer.</returns>
    public async Task<VfioMemoryChange> CloseAsync(TimeSpan deadline, CancellationToken cancellationToken = default)
    {
        List<RevokeReport> reports = [];
        Memory.TakeAway("it was closed", forGood: true);
        try
        {
            foreach (DmaBuffer buffer in TakeExports())
            {
                reports.Add(await buffer.CloseAsync(deadline, cancellationToken).ConfigureAwait(false));
            }
        }
        finally
        {
            Descriptor.Dispose();
        }

        return new VfioMemoryChange(reports, []);
    }

    /// <summary>Closes the device at once: who reaches its BARs is cut off, buffers are dead for good. Never throws.</summary>
    public void Dispose()
    {
        Memory.TakeAway("it was closed", forGood: true);
        foreach (DmaBuffer buffer in TakeExports())
        {
            // Nobody is waited for: the kernel cuts its importers off when the descriptor closes, and CPU mappings keep the device open until they are gone.
            _ = buffer.CloseAsync(TimeSpan.Zero).AsTask();
        }

        Descriptor.Dispose();
    }

    /// <summary>Exports while the state of the memory is known, so that no transition is missed.</summary>
    internal DmaBuffer Publish(Func<DmaBuffer> export)
    {
        lock (_exportsGate)
        {
            DmaBuffer buffer = export();
            _exports.Add(buffer);
            if (!Memory.IsThere || !IsMemoryEnabled)
            {
                // Nobody is attached yet, so nobody is waited for: attaching is refused from here on.
                _ = buffer.RevokeAsync(TimeSpan.Zero).AsTask();
            }

            return buffer;
        }
    }

    internal void Forget(DmaBuffer buffer)
    {
        lock (_exportsGate)
        {
            _exports.Remove(buffer);
        }
    }

    private async Task<VfioMemoryChange> InTransitionAsync(Func<Task<VfioMemoryChange>> change, CancellationToken cancellationToken)
    {
        await _transition.WaitAsync(cancellationToken).ConfigureAwait(false);
        try
        {
            return await change().ConfigureAwait(false);
        }
        finally
        {
            _transition.Release();
        }
    }

    private async Task<IReadOnlyList<RevokeReport>> TakeAwayAsync(string because, TimeSpan deadline, CancellationToken cancellationToken)
    {
        Memory.TakeAway(because);
        try
        {
            // All at once: the deadline is for all importers together.
            return await Task.WhenAll(PresentExports().Select(buffer => buffer.RevokeAsync(deadline, cancellationToken).AsTask())).ConfigureAwait(false);
        }
        catch
        {
            Memory.GiveBack();
            throw;
        }
    }

    /// <summary>Only what the function says counts: a reset keeps the command register, and leaves memory off that was off.</summary>
    private async Task<VfioMemoryChange> GiveBackAsync(IReadOnlyList<RevokeReport> reports, CancellationToken cancellationToken)
    {
        List<string> stayed = [];
        if (!IsMemoryEnabled)
        {
            return new VfioMemoryChange(reports, [$"{this} has its memory space off."]);
        }

        Memory.GiveBack();
        foreach (DmaBuffer buffer in PresentExports())
        {
            try
            {
                await buffer.UnrevokeAsync(cancellationToken).ConfigureAwait(false);
            }
            catch (DmaBufException held)
            {
                stayed.Add(held.Message);
            }
            catch (ObjectDisposedException)
            {
                // Released meanwhile.
            }
        }

        return new VfioMemoryChange(reports, stayed);
    }

    private DmaBuffer[] PresentExports()
    {
        lock (_exportsGate)
        {
            return [.. _exports.Where(static buffer => !buffer.IsReleased)];
        }
    }

    private DmaBuffer[] TakeExports()
    {
        lock (_exportsGate)
        {
            DmaBuffer[] exports = [.. _exports.Where(static buffer => !buffer.IsReleased)];
            _exports.Clear();
            return exports;
        }
    }

    private void WriteCommand(ushort value) => Config.WriteUnchecked(CommandRegister, BitConverter.GetBytes(value));
}
