using Microsoft.Win32.SafeHandles;

namespace DmaBuf.Linux;

/// <summary>The first dma-buf that a check could make, kept for those that need one.</summary>
internal sealed class SharedProbe : IDisposable
{
    internal SafeFileHandle? Buffer { get; private set; }

    /// <summary>Takes ownership.</summary>
    internal void Adopt(SafeFileHandle buffer)
    {
        if (Buffer is null)
        {
            Buffer = buffer;
        }
        else
        {
            buffer.Dispose();
        }
    }

    public void Dispose() => Buffer?.Dispose();
}
