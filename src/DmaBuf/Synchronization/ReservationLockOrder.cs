using System.Diagnostics;

namespace DmaBuf;

/// <summary>
/// Checks, in debug builds, the second line of the lock order at the head of Reservation.cs: a thread that is about to wait for a reservation holds no other,
/// except by the same ticket. Without the check the mistake would show only as a rare deadlock.
/// </summary>
internal static class ReservationLockOrder
{
    [ThreadStatic]
    private static List<RecordedHold>? t_holds;

    [Conditional("DEBUG")]
    public static void CheckBeforeLock(Reservation reservation, LockTransaction? transaction)
    {
        if (t_holds is not { } holds)
            return;

        ForgetEnded(holds);
        foreach (RecordedHold hold in holds)
        {
            if (ReferenceEquals(hold.Reservation, reservation))
                continue; // The lock itself refuses this in every build.
            if (transaction is null || !ReferenceEquals(hold.Transaction, transaction))
            {
                // For a ticket EDEADLK would mean "back off and retry", which does not help here.
                throw new DmaBufException(transaction is null ? Errno.EDEADLK : Errno.EINVAL,
                    "A thread that holds a reservation was about to wait for another one, which may deadlock; lock both with one ReservationTicket");
            }
        }
    }

    [Conditional("DEBUG")]
    public static void Record(Reservation reservation, ulong hold, LockTransaction? transaction)
    {
        List<RecordedHold> holds = t_holds ??= [];
        ForgetEnded(holds);
        holds.Add(new RecordedHold(reservation, hold, transaction));
    }

    // Nobody reports the end of a hold: a hold names itself, so one that has ended is recognised.
    private static void ForgetEnded(List<RecordedHold> holds) =>
        holds.RemoveAll(static hold => !hold.Reservation.IsCurrentHold(hold.Hold));

    private readonly record struct RecordedHold(Reservation Reservation, ulong Hold, LockTransaction? Transaction);
}
