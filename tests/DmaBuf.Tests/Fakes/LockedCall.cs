namespace DmaBuf.Tests.Fakes;

/// <summary>A call that needs the proof that the reservation lock is held.</summary>
internal delegate void LockedCall(in ReservationLock held);
