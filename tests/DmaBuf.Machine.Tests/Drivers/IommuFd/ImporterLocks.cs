using System.Runtime.CompilerServices;

namespace DmaBuf.Machine.Tests;

/// <summary>Whether this thread holds a lock that the lock order puts behind reservations, or in front of them; the locks themselves are nobody's business.</summary>
internal static class ImporterLocks
{
    internal static bool IsHeld(IoAddressSpace space) => LockOf(space).IsHeldByCurrentThread;

    internal static bool IsHeld(VfioPciDevice device) => StateOf(device).IsHeldByCurrentThread;

    [UnsafeAccessor(UnsafeAccessorKind.Field, Name = "_lock")]
    private static extern ref Lock LockOf(IoAddressSpace space);

    [UnsafeAccessor(UnsafeAccessorKind.Field, Name = "_state")]
    private static extern ref Lock StateOf(VfioPciDevice device);
}
