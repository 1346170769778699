namespace DmaBuf.Linux;

/// <summary>One fence of a sync_file (<c>struct sync_fence_info</c>).</summary>
/// <remarks>Immutable, thus safe to share between threads.</remarks>
/// <param name="DriverName">Whose fence it is.</param>
/// <param name="TimelineName">The driver's name for the timeline (<c>obj_name</c>).</param>
/// <param name="Status">How far the work is.</param>
/// <param name="Error">Why it ended badly; else <see cref="Errno.None"/>.</param>
/// <param name="Timestamp">When it ended, on the kernel's monotonic clock; zero while it is going on.</param>
public sealed record SyncFenceInfo(string DriverName, string TimelineName, SyncStatus Status, Errno Error, TimeSpan Timestamp);
