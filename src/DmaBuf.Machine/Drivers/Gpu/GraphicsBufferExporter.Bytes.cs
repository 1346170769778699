namespace DmaBuf.Machine;

/// <content>The driver's own view of the bytes.</content>
public sealed partial class GraphicsBufferExporter
{
    /// <summary>Reads the buffer as its driver does, after moves under way.</summary>
    /// <param name="offset">The first byte, counted from the buffer's start.</param>
    /// <param name="destination">Receives the bytes.</param>
    /// <exception cref="DmaBufException">EINVAL: not inside the buffer; ENODEV: its bytes were lost in a move. Nothing was read.</exception>
    public void Read(ulong offset, Memory<byte> destination)
    {
        RequireInside(offset, destination.Length);
        using ReservationLock held = LockAtRest();
        PresentLocked(in held).Read(offset, destination);
    }

    /// <summary>Writes the buffer as its driver does, after moves under way.</summary>
    /// <param name="offset">The first byte, counted from the buffer's start.</param>
    /// <param name="source">The bytes to write.</param>
    /// <exception cref="DmaBufException">EINVAL: not inside the buffer; ENODEV: its bytes were lost in a move. Nothing was written.</exception>
    public void Write(ulong offset, ReadOnlyMemory<byte> source)
    {
        RequireInside(offset, source.Length);
        using ReservationLock held = LockAtRest();
        PresentLocked(in held).Write(offset, source);
    }

    private ReservationLock LockAtRest()
    {
        while (true)
        {
            Buffer.Reservation.Snapshot(FenceUsage.Kernel).Wait(Timeout.InfiniteTimeSpan);
            ReservationLock held = Buffer.Reservation.Lock();
            if (!Buffer.Reservation.HasPending(FenceUsage.Kernel))
            {
                return held;
            }

            held.Dispose();
        }
    }

    private void RequireInside(ulong offset, int length)
    {
        if (offset > _size || (ulong)length > _size - offset)
        {
            throw new DmaBufException(Errno.EINVAL, $"{length} bytes at {offset} are not inside '{Buffer}', which has {_size}. Stay inside.");
        }
    }
}
