namespace DmaBuf.Linux;

/// <summary>Memory at an I/O virtual address of an <see cref="IommuFdAddressSpace"/>, until it is disposed.</summary>
/// <remarks>Safe for all threads. That a mapping of a BAR has died is the kernel's to know: devices that use it reach nothing.</remarks>
public sealed class IommuFdMapping : IDisposable
{
    private int _disposed;

    internal IommuFdMapping(IommuFdAddressSpace space, DmaRange range)
    {
        Space = space;
        Range = range;
    }

    /// <summary>The space that it is mapped in.</summary>
    public IommuFdAddressSpace Space { get; }

    /// <summary>Where devices find it.</summary>
    public DmaRange Range { get; }

    /// <summary>Unmaps, once. Never throws: a space that is gone has unmapped by itself.</summary>
    public void Dispose()
    {
        if (Interlocked.Exchange(ref _disposed, 1) != 0)
        {
            return;
        }

        try
        {
            _ = Space.Unmap(Range);
        }
        catch (ObjectDisposedException)
        {
            // The context was closed before.
        }
    }
}
