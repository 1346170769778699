namespace DmaBuf.Machine;

/// <summary>When a transfer begins, and what is done when it has ended.</summary>
/// <remarks>Immutable, safe for all threads.</remarks>
public sealed record DmaTransferOptions
{
    /// <summary>The options of a transfer that begins as soon as those before it have ended.</summary>
    public static DmaTransferOptions Default { get; } = new();

    /// <summary>What is waited for before the first byte moves, usually a reservation's fences. The channel waits, and with it what was submitted later.</summary>
    public FenceSnapshot After { get; init; } = FenceSnapshot.Empty;

    /// <summary>
    /// Whether it moves its bytes even if something in <see cref="After"/> failed. If not, nothing is moved then, and the transfer fails with the same error.
    /// </summary>
    public bool GoesOnAfterErrors { get; init; }

    /// <summary>
    /// Whether it waits for <see cref="DmaTransfer.Issue"/> (<c>dma_async_issue_pending</c>): for drivers that need the fence before they know that the work may be done.
    /// A transfer that is neither issued nor aborted holds the channel up for ever.
    /// </summary>
    public bool IsHeld { get; init; }

    /// <summary>
    /// The lower half of the driver: called once, when no byte will move any more and before anybody can see the fence signal, on the thread of the channel. It gets how the
    /// transfer ended and returns how the fence shall end; to unmap here means that whoever has waited finds the memory unmapped. It takes no reservation lock and waits for no
    /// fence. What it throws fails the fence: a <see cref="DmaBufException"/> with its errno, anything else with EIO.
    /// </summary>
    public Func<Errno, Errno>? Finish { get; init; }
}
