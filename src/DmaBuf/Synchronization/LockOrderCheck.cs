using System.Diagnostics;

namespace DmaBuf;

/// <summary>
/// The debug build's check of the lock order: whoever holds a reservation without a ticket takes no second one, because nobody could be wounded to resolve a circle.
/// </summary>
internal static class LockOrderCheck
{
    [ThreadStatic]
    private static int t_withoutTicket;

    [Conditional("DEBUG")]
    internal static void Enter(ReservationTicket? ticket)
    {
        Debug.Assert(t_withoutTicket == 0, "Lock order: a reservation is held without a ticket while another is taken. Take all of them with one ReservationTicket.");
        if (ticket is null)
        {
            t_withoutTicket++;
        }
    }

    [Conditional("DEBUG")]
    internal static void Leave(ReservationTicket? ticket)
    {
        if (ticket is null)
        {
            t_withoutTicket--;
        }
    }
}
