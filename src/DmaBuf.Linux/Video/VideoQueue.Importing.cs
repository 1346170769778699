using System.Runtime.InteropServices;

namespace DmaBuf.Linux;

/// <content>
/// Buffers that keep a slot for themselves, from attach to detach. The kernel has no call to let go of one buffer of a queue: it does so when the slot gets other memory, and when the queue's
/// buffers are made anew, which is done once nobody uses any of them.
/// </content>
public sealed partial class VideoQueue
{
    /// <summary>Imports a buffer into a slot of its own without giving it to the device yet (<c>VIDIOC_PREPARE_BUF</c>).</summary>
    internal int Import(SafeHandle descriptor, string what)
    {
        lock (_lock)
        {
            ThrowIfDisposed();
            int slot = _slots.Reserve();
            if (slot < 0)
            {
                throw new DmaBufException(Errno.EBUSY, $"Importing {what} into {this} was refused: all {Count} slots are in use. Detach a buffer, or make the queue with more.");
            }

            _isStale = true;
            Errno errno = GiveLocked(VideoUapi.VIDIOC_PREPARE_BUF, slot, [descriptor]);
            if (errno != Errno.None)
            {
                _slots.Unreserve(slot);
                throw GiveFailure(errno, $"Importing {what} into slot {slot} of {this}");
            }

            _slots.MarkPrepared(slot);
            return slot;
        }
    }

    /// <summary>Gives a slot that <see cref="Import"/> filled to the device.</summary>
    internal void EnqueueImported(int slot, SafeHandle descriptor) => Give(VideoUapi.VIDIOC_QBUF, slot, [descriptor], isImported: true);

    /// <summary>Ends an import. The kernel lets go when the slot gets other memory, or with the last import if no stream runs. Never throws.</summary>
    internal void Forget(int slot)
    {
        lock (_lock)
        {
            _slots.Unreserve(slot);
            if (!_isDisposed && !Device.Node.IsClosed)
            {
                UnprepareLocked();
                RenewLocked();
            }
        }
    }

    /// <summary>Makes slots usable whose import ended before the device had them: stopping what does not run only takes the preparations back, and an enqueue prepares again.</summary>
    private void UnprepareLocked()
    {
        if (!_isStreaming && _slots.Queued == 0)
        {
            _ = StopLocked();
        }
    }

    /// <summary>New buffers for old ones, if those may hold memory of others that nobody wants in them any more: the only way to make the kernel let go.</summary>
    private void RenewLocked()
    {
        if (Memory != VideoMemory.DmaBuf || !_isStale || _isStreaming || _slots.AnyInUse)
        {
            return;
        }

        int count = 0;
        if (VideoQueueCalls.Request(Device, Type, Memory, ref count) == Errno.None)
        {
            count = _wanted;
            _slots = new(VideoQueueCalls.Request(Device, Type, Memory, ref count) == Errno.None ? count : 0);
            _isStale = false;
        }
    }
}
