namespace DmaBuf;

/// <summary>What one who finds a lock held does.</summary>
internal enum WoundWaitDecision
{
    /// <summary>Wait for its turn.</summary>
    Wait,

    /// <summary>Tell the younger holder to back off, and wait.</summary>
    WoundAndWait,

    /// <summary>It was wounded itself: let everything go.</summary>
    BackOff,
}
