namespace DmaBuf.Machine;

/// <summary>An access met a BAR whose function was removed. A device's access becomes a fault; the CPU's stays what it is.</summary>
/// <remarks>Immutable, safe for all threads.</remarks>
internal sealed class RemovedTargetException(PhysicalAddress address, PciFunction function)
    : DmaBufException(Errno.EFAULT, $"An access to physical address {address} was stopped: {function}, whose BAR is there, was removed. Stop using it when its removal is told.");
