namespace DmaBuf.Sharing;

/// <summary>How a receive came out.</summary>
public enum ReceiveResult
{
    /// <summary>There is a frame, which is the receiver's until it releases it.</summary>
    Received = 0,

    /// <summary>No frame came in time.</summary>
    TimedOut,

    /// <summary>No frame will come any more: see <see cref="FrameSubscriber.EndReason"/>.</summary>
    Ended,
}
