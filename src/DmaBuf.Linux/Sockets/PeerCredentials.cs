namespace DmaBuf.Linux;

/// <summary>
/// Who is at the other end of a connection (<c>SO_PEERCRED</c>): filled in by the kernel when the connection was made, as this process's namespaces see
/// it. It cannot be forged, but the process may have ended, or have passed its end on, since.
/// </summary>
/// <param name="ProcessId">The process; 0 if it is not visible in this process's PID namespace.</param>
/// <param name="UserId">Its effective user.</param>
/// <param name="GroupId">Its effective group.</param>
/// <remarks>An immutable value, safe for all threads.</remarks>
public readonly record struct PeerCredentials(int ProcessId, uint UserId, uint GroupId);
