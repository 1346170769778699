namespace DmaBuf.Linux;

/// <summary>How far the work behind a fence of the kernel is.</summary>
public enum SyncStatus
{
    /// <summary>Still going on.</summary>
    Active = 0,

    /// <summary>Ended well.</summary>
    Signaled,

    /// <summary>Ended badly.</summary>
    Failed,
}
