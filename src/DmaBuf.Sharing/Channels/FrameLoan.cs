namespace DmaBuf.Sharing;

/// <summary>A buffer of a channel that is being filled, from <see cref="FramePublisher.Loan"/> until it is published or disposed.</summary>
/// <remarks>A value that may be copied and kept; all copies are the same loan, which ends once. Its bytes belong to one thread at a time.</remarks>
public readonly record struct FrameLoan : IDisposable
{
    private readonly FramePublisher? _publisher;

    internal FrameLoan(FramePublisher publisher, int buffer, ulong id)
    {
        _publisher = publisher;
        Buffer = buffer;
        Id = id;
    }

    /// <summary>Which of the channel's buffers it is, from 0.</summary>
    public int Buffer { get; }

    /// <summary>Bytes that can be filled.</summary>
    /// <exception cref="DmaBufException">EINVAL: this value is <c>default</c>.</exception>
    public ulong Capacity => Publisher.BufferBytes;

    internal ulong Id { get; }

    private FramePublisher Publisher => _publisher ?? throw new DmaBufException(Errno.EINVAL, "A default FrameLoan is none; take one from FramePublisher.Loan.");

    /// <summary>All bytes of a buffer of at most 2 GiB. They hold what the frame before left there. Do not use the span after the loan has ended.</summary>
    /// <exception cref="DmaBufException">EINVAL: the loan has ended. EOVERFLOW: larger; use <see cref="Window"/>.</exception>
    public Span<byte> Span => Capacity <= int.MaxValue
        ? Window(0, (int)Capacity)
        : throw new DmaBufException(Errno.EOVERFLOW, $"A span cannot hold a buffer of {Capacity} bytes. Use Window.");

    /// <summary>Some bytes of a buffer of any size.</summary>
    /// <param name="offset">The first byte.</param>
    /// <param name="length">How many bytes.</param>
    /// <exception cref="DmaBufException">EINVAL: the loan has ended, or the range is not inside the buffer.</exception>
    public Span<byte> Window(ulong offset, int length) => Publisher.Window(this, offset, length);

    /// <summary>Hands the buffer over as a frame; the loan has ended then.</summary>
    /// <param name="size">Bytes of the frame, at most <see cref="Capacity"/>.</param>
    /// <param name="info">What travels with it.</param>
    /// <returns>The frame's sequence number.</returns>
    /// <exception cref="DmaBufException">EINVAL: the loan has ended, or size or user bytes are too many; in the latter cases the loan goes on.</exception>
    /// <exception cref="ObjectDisposedException">The channel was closed; the loan goes on, and can only be disposed.</exception>
    public ulong Publish(ulong size, in FrameInfo info = default) => Publisher.Publish(this, size, info);

    /// <summary>Gives the buffer back without a frame. After publishing, or a second time, it does nothing.</summary>
    public void Dispose() => _publisher?.Return(this);
}
