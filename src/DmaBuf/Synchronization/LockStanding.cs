namespace DmaBuf;

/// <summary>What matters of one who holds or wants a lock when the two meet.</summary>
/// <param name="Stamp">Its age: lower is older.</param>
/// <param name="HasTicket">Whether it may hold several locks at once.</param>
/// <param name="HoldsOthers">Whether it holds any lock now.</param>
/// <param name="IsWounded">Whether an older one told it to back off.</param>
internal readonly record struct LockStanding(long Stamp, bool HasTicket, bool HoldsOthers, bool IsWounded);
