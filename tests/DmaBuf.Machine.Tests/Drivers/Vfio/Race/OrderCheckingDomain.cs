using System.Runtime.CompilerServices;

namespace DmaBuf.Machine.Tests;

/// <summary>
/// A page table that looks at each call which locks its thread holds: nobody fills with a reservation held, and nobody who unfills under a reservation, as a revoke does, has an
/// address space's lock, which comes before none.
/// </summary>
internal sealed class OrderCheckingDomain(SoftwareIommuDomain domain, IReadOnlyList<Reservation> reservations, IReadOnlyList<IoAddressSpace> spaces) : IIommuDomain
{
    private string? _broken;

    /// <summary>The first break of the order that was seen; null: none.</summary>
    internal string? Broken => _broken;

    internal SoftwareIommuDomain Inner => domain;

    public string Name => domain.Name;

    public ulong PageSize => domain.PageSize;

    public void Map(DmaAddress address, PhysicalRange range, DmaDirection direction, DmaAttributes attributes)
    {
        Note(!HoldsReservation(), "a page table is filled with a reservation held");
        domain.Map(address, range, direction, attributes);
    }

    public void Unmap(DmaRange range)
    {
        Note(!HoldsReservation() || !HoldsSpace(), "a reservation was taken under an address space's lock");
        domain.Unmap(range);
    }

    internal void Note(bool holds, string broken)
    {
        if (!holds)
        {
            Interlocked.CompareExchange(ref _broken, $"{broken}: {Environment.StackTrace}", null);
        }
    }

    internal bool HoldsSpace() => spaces.Any(ImporterLocks.IsHeld);

    internal bool HoldsReservation() => reservations.Any(static reservation => IsHeldByThisThread(reservation));

    [UnsafeAccessor(UnsafeAccessorKind.Method, Name = "get_IsHeldByCurrentThread")]
    private static extern bool IsHeldByThisThread(Reservation reservation);
}
