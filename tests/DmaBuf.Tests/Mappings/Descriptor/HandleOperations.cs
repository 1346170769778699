using System.Runtime.InteropServices;

namespace DmaBuf.Tests.Mappings.Descriptor;

/// <summary>Opens the handle that the test prepared.</summary>
internal sealed class HandleOperations(SafeHandle? handle) : IDescriptorOperations
{
    public SafeHandle OpenDescriptor(DescriptorAttachment attachment, in ReservationLock held)
    {
        held.Reservation.ThrowIfNotHeldBy(in held);
        return handle!;
    }
}
