using System.Runtime.InteropServices;

namespace DmaBuf;

/// <summary>The exporter's operations for <see cref="DescriptorMappingType"/> (<c>dma_buf_fd</c>).</summary>
/// <remarks>Threads: called with the reservation lock held, by one thread at a time for a buffer and side by side for several.</remarks>
public interface IDescriptorOperations
{
    /// <summary>Opens a further descriptor of the buffer, close-on-exec. Called with the reservation lock held.</summary>
    /// <returns>A new handle each time, owned by the mapping.</returns>
    /// <exception cref="DmaBufException">EMFILE and others.</exception>
    SafeHandle OpenDescriptor(DescriptorAttachment attachment, in ReservationLock held);
}
