namespace DmaBuf;

/// <summary>How a wait for a lock ended.</summary>
internal enum WoundWaitOutcome
{
    /// <summary>Not yet.</summary>
    Waiting,

    /// <summary>The lock is held.</summary>
    Granted,

    /// <summary>An older ticket wants what this one holds.</summary>
    Wounded,
}
