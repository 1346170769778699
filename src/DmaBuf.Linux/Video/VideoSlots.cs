namespace DmaBuf.Linux;

/// <summary>Who has each slot of a queue: the program, the device, or an import that keeps it for itself. Pure state; the queue calls it under its lock.</summary>
internal sealed class VideoSlots(int count)
{
    private readonly bool[] _isQueued = new bool[count];
    private readonly bool[] _isReserved = new bool[count];
    private readonly bool[] _isPrepared = new bool[count];

    internal int Count => count;

    internal int Queued => _isQueued.Count(static queued => queued);

    internal bool AnyInUse => _isQueued.Contains(true) || _isReserved.Contains(true);

    /// <exception cref="DmaBufException">EINVAL: there is no such slot; EBUSY: the device has it.</exception>
    internal void ThrowUnlessIdle(int slot, string queue)
    {
        if ((uint)slot >= (uint)count)
        {
            throw new DmaBufException(Errno.EINVAL, $"Slot {slot} of {queue} was refused: it has {count}. Use 0 to {count - 1}.");
        }

        if (_isQueued[slot])
        {
            throw new DmaBufException(Errno.EBUSY, $"Slot {slot} of {queue} was refused: the device has it. Dequeue it first.");
        }
    }

    /// <returns>A slot that nobody uses, now reserved; -1 if there is none. One that is still prepared with other memory cannot be prepared again.</returns>
    internal int Reserve()
    {
        for (int slot = 0; slot < count; slot++)
        {
            if (!_isQueued[slot] && !_isReserved[slot] && !_isPrepared[slot])
            {
                _isReserved[slot] = true;
                return slot;
            }
        }

        return -1;
    }

    internal bool IsReserved(int slot) => _isReserved[slot];

    internal void Unreserve(int slot) => _isReserved[slot] = false;

    internal void MarkPrepared(int slot) => _isPrepared[slot] = true;

    internal void MarkQueued(int slot) => _isQueued[slot] = true;

    internal void MarkDequeued(int slot) => _isQueued[slot] = _isPrepared[slot] = false;

    internal void MarkAllDequeued()
    {
        Array.Clear(_isQueued);
        Array.Clear(_isPrepared);
    }
}
