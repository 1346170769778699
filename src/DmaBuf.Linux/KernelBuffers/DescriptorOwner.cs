using Microsoft.Win32.SafeHandles;

namespace DmaBuf.Linux;

/// <summary>Descriptors that the kernel hands out as bare numbers get their owner here, at once, so that none is lost on the way.</summary>
internal static class DescriptorOwner
{
    /// <summary>A dma-buf that an interface has just made.</summary>
    internal static KernelBuffer Adopt(nint descriptor)
    {
        SafeFileHandle handle = new(descriptor, ownsHandle: true);
        try
        {
            return KernelBuffer.Adopt(handle);
        }
        catch
        {
            handle.Dispose();
            throw;
        }
    }
}
