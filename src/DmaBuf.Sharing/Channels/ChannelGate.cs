namespace DmaBuf.Sharing;

/// <summary>The publisher's lock: held for some dozen instructions and taken twice a frame, so one atomic operation takes it and none gives it back.</summary>
/// <remarks>
/// Not re-entrant: what may come back to the publisher runs outside. Who finds it taken looks again, then yields. It is a leaf, under which no foreign code runs, but the kernel is called to
/// wake sleepers.
/// </remarks>
internal sealed class ChannelGate
{
    private SpinLock _lock = new(enableThreadOwnerTracking: false);

    /// <summary>Whether somebody has it.</summary>
    internal bool IsHeld => _lock.IsHeld;

    /// <summary>Takes it until the result is disposed.</summary>
    internal Held Enter()
    {
        bool taken = false;
        _lock.Enter(ref taken);
        return new(this);
    }

    /// <summary>The lock, taken.</summary>
    internal readonly ref struct Held(ChannelGate gate) : IDisposable
    {
        public void Dispose() => gate._lock.Exit(useMemoryBarrier: false);
    }
}
