namespace DmaBuf;

/// <summary>The life of a buffer as a value, and its pure transition function (spec B.3).</summary>
/// <param name="Phase">Where the buffer stands.</param>
/// <param name="ClosePending">The device went while a revoke was under way; the revoke then ends in <see cref="BufferPhase.Dead"/>.</param>
internal readonly record struct BufferLife(BufferPhase Phase, bool ClosePending)
{
    /// <summary>Applies an event; a refused event leaves the state unchanged and says with which errno. EAGAIN: wait for the revoke under way.</summary>
    internal static (BufferLife Next, Errno Refused) Apply(BufferLife life, BufferEvent happened) => (life.Phase, happened) switch
    {
        (BufferPhase.Live, BufferEvent.Use) => (life, Errno.None),
        (_, BufferEvent.Use) => (life, Errno.ENODEV),
        (BufferPhase.Live, BufferEvent.Revoke) => (life with { Phase = BufferPhase.Revoking }, Errno.None),
        (BufferPhase.Live, BufferEvent.Close) => (new BufferLife(BufferPhase.Revoking, true), Errno.None),
        (BufferPhase.Live, BufferEvent.Unrevoke) => (life, Errno.None),
        (BufferPhase.Revoking, BufferEvent.Revoke) => (life, Errno.EAGAIN),
        (BufferPhase.Revoking, BufferEvent.Unrevoke) => (life, Errno.EAGAIN),
        (BufferPhase.Revoking, BufferEvent.Close) => (life with { ClosePending = true }, Errno.EAGAIN),
        (BufferPhase.Revoking, BufferEvent.RevokeFinished) =>
            (new BufferLife(life.ClosePending ? BufferPhase.Dead : BufferPhase.Revoked, false), Errno.None),
        (BufferPhase.Revoked, BufferEvent.Revoke) => (life, Errno.None),
        (BufferPhase.Revoked, BufferEvent.Unrevoke) => (life with { Phase = BufferPhase.Live }, Errno.None),
        (BufferPhase.Revoked, BufferEvent.Close) => (life with { Phase = BufferPhase.Dead }, Errno.None),
        (BufferPhase.Dead, BufferEvent.Unrevoke) => (life, Errno.ENODEV),
        (BufferPhase.Dead, BufferEvent.Revoke or BufferEvent.Close) => (life, Errno.None),
        _ => (life, Errno.EINVAL),
    };
}
