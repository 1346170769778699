namespace DmaBuf.Sharing;

/// <summary>A received frame: read-only bytes of a buffer that the publisher does not touch until this is disposed.</summary>
/// <remarks>
/// A value that may be copied and kept; all copies are the same frame, which is released once. Members that read the frame fail once it was released; a span that was taken
/// before must not be used then. All members may be called by any thread.
/// </remarks>
public readonly record struct Frame : IDisposable
{
    private readonly FrameSubscriber? _subscriber;
    private readonly DeliveryFlags _flags;

    internal Frame(FrameSubscriber subscriber, ulong number, in Delivery delivery)
    {
        _subscriber = subscriber;
        _flags = delivery.Flags;
        Delivery = number;
        Buffer = delivery.Buffer;
        Sequence = delivery.Sequence;
        Size = delivery.Size;
        TimeStamp = delivery.TimeStamp;
        Tag = delivery.Tag;
    }

    /// <summary>Which of the channel's buffers it is in, from 0.</summary>
    public int Buffer { get; }

    /// <summary>The publisher's count of frames. A gap says how many frames this subscriber did not get.</summary>
    public ulong Sequence { get; }

    /// <summary>Bytes of the frame.</summary>
    public ulong Size { get; }

    /// <summary>When the contents were made, in nanoseconds of <c>CLOCK_MONOTONIC</c>; 0: not said.</summary>
    public long TimeStamp { get; }

    /// <summary>The publisher's number for the user.</summary>
    public ulong Tag { get; }

    /// <summary>What the bytes are; all zero if the publisher did not say. Check it against <see cref="Size"/> before using it on the bytes.</summary>
    /// <exception cref="DmaBufException">EINVAL: the frame was released.</exception>
    public FrameDescription Description => _flags.HasFlag(DeliveryFlags.Described) ? Subscriber.HeaderOf(this).ReadDescription() : default;

    /// <summary>The bytes that the publisher added beside the contents. Do not use the span after the release.</summary>
    /// <exception cref="DmaBufException">EINVAL: the frame was released. EPROTO: the publisher wrote an impossible length.</exception>
    public ReadOnlySpan<byte> UserBytes => _flags.HasFlag(DeliveryFlags.Described) ? Subscriber.HeaderOf(this).ReadUserBytes() : [];

    /// <summary>All bytes of a frame of at most 2 GiB. Do not use the span after the release.</summary>
    /// <exception cref="DmaBufException">EINVAL: the frame was released. EOVERFLOW: larger; use <see cref="Window"/>.</exception>
    public ReadOnlySpan<byte> Span => Size <= int.MaxValue
        ? Window(0, (int)Size)
        : throw new DmaBufException(Errno.EOVERFLOW, $"A span cannot hold a frame of {Size} bytes. Use Window.");

    /// <summary>Whether the frame is this subscriber's and has been all the time. It is false after the release, and after the publisher cut this subscriber off: then what was read may have been another frame.</summary>
    public bool IsIntact => _subscriber?.IsIntact(this) ?? false;

    /// <summary>Whether the publisher published the frame before its contents were complete: then <see cref="WaitForContents"/> comes before reading.</summary>
    public bool IsContentsPending => _flags.HasFlag(DeliveryFlags.ContentsPending);

    internal ulong Delivery { get; }

    private FrameSubscriber Subscriber => _subscriber ?? throw new DmaBufException(Errno.EINVAL, "A default Frame is none; receive one from a FrameSubscriber.");

    /// <summary>Some bytes of a frame of any size.</summary>
    /// <param name="offset">The first byte.</param>
    /// <param name="length">How many bytes.</param>
    /// <exception cref="DmaBufException">EINVAL: the frame was released, or the range is not inside it.</exception>
    public ReadOnlySpan<byte> Window(ulong offset, int length) => Subscriber.Window(this, offset, length);

    /// <summary>Waits until the contents are complete (the acquire fence). Returns at once for a frame that was published complete.</summary>
    /// <param name="timeout">At most so long; <see cref="Timeout.InfiniteTimeSpan"/> for no end.</param>
    /// <param name="cancellationToken">Ends the wait, not the frame.</param>
    /// <returns>True when they are; false when the time was over, or the channel ended before they were.</returns>
    /// <exception cref="DmaBufException">The errno with which the producer failed: the contents are not to be used. EINVAL: the frame was released.</exception>
    /// <exception cref="OperationCanceledException">The token was cancelled.</exception>
    public bool WaitForContents(TimeSpan timeout, CancellationToken cancellationToken = default) =>
        !IsContentsPending || Subscriber.WaitForContents(this, timeout, cancellationToken);

    /// <summary>Releases the frame once a fence has signaled (the release fence), for reading that goes on after this call. Until then the frame stays held.</summary>
    /// <param name="reading">Signals when the reading has ended, well or badly.</param>
    /// <exception cref="ArgumentNullException"><paramref name="reading"/> is null.</exception>
    public void ReleaseAfter(Fence reading)
    {
        ArgumentNullException.ThrowIfNull(reading);
        reading.OnSignaled(static (_, state) => ((Frame)state!).Dispose(), this);
    }

    /// <summary>Releases the frame; a second time, nothing happens.</summary>
    public void Dispose() => _subscriber?.Release(this);
}
