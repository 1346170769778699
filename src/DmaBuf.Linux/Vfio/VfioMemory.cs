namespace DmaBuf.Linux;

/// <summary>
/// Whether a device's BARs answer, and who reaches them. Nobody starts to use them while they are away, and everybody who does is cut off before they go.
/// </summary>
/// <remarks>
/// Lock order: the memory's lock, then a user's own. Users are cut off with the lock held, which is short: none of them waits for anybody. A user that ends by itself
/// forgets the memory before it takes its own lock.
/// </remarks>
internal sealed class VfioMemory(string device)
{
    private readonly Lock _gate = new();
    private readonly HashSet<IVfioMemoryUser> _users = [];
    private string? _awayBecause;
    private bool _isGone;

    internal bool IsThere
    {
        get
        {
            lock (_gate)
            {
                return _awayBecause is null;
            }
        }
    }

    /// <summary>Makes a user while the memory is there, and keeps it in mind.</summary>
    /// <exception cref="DmaBufException">ENODEV: the memory is away.</exception>
    internal T UseWhileThere<T>(Func<T> make)
        where T : IVfioMemoryUser
    {
        lock (_gate)
        {
            RequireThere();
            T user = make();
            user.Register(this);
            _users.Add(user);
            return user;
        }
    }

    internal void Forget(IVfioMemoryUser user)
    {
        lock (_gate)
        {
            _users.Remove(user);
        }
    }

    /// <summary>Cuts everybody off.</summary>
    /// <param name="because">A clause for those who ask later.</param>
    /// <param name="forGood">Whether nothing brings it back, not even a transition that is under way.</param>
    internal void TakeAway(string because, bool forGood = false)
    {
        lock (_gate)
        {
            if (_isGone)
            {
                return;
            }

            _awayBecause = because;
            _isGone = forGood;
            foreach (IVfioMemoryUser user in _users)
            {
                user.TakeAway();
            }

            _users.Clear();
        }
    }

    internal void GiveBack()
    {
        lock (_gate)
        {
            _awayBecause = _isGone ? _awayBecause : null;
        }
    }

    private void RequireThere()
    {
        if (_awayBecause is { } because)
        {
            throw new DmaBufException(Errno.ENODEV, $"The memory of {device} was refused: {because}. Enable it first.");
        }
    }
}
