namespace DmaBuf.Linux;

/// <summary>Memory at an I/O virtual address of a <see cref="VfioContainer"/>, until it is disposed, or until its device's memory goes away.</summary>
/// <remarks>Safe for all threads. After dispose no device of the container reaches the memory: the kernel waits for the IOMMU.</remarks>
public sealed class VfioDmaMapping : IDisposable, IVfioMemoryUser
{
    private readonly Lock _gate = new();
    private readonly VfioContainer _container;
    private readonly MappedRegion? _pages;
    private VfioMemory? _registeredWith;
    private bool _isLive = true;

    internal VfioDmaMapping(VfioContainer container, DmaRange range, DmaDirection direction, MappedRegion? pages)
    {
        _container = container;
        Range = range;
        Direction = direction;
        _pages = pages;
    }

    /// <summary>Where the devices find it.</summary>
    public DmaRange Range { get; }

    /// <summary>What they may do.</summary>
    public DmaDirection Direction { get; }

    /// <summary>Whether it is still mapped; another thread may change it at any time. Once false it stays false.</summary>
    public bool IsLive
    {
        get
        {
            lock (_gate)
            {
                return _isLive;
            }
        }
    }

    /// <summary>Unmaps, once. Never throws.</summary>
    public void Dispose()
    {
        Interlocked.Exchange(ref _registeredWith, null)?.Forget(this);
        End();
    }

    void IVfioMemoryUser.Register(VfioMemory memory) => _registeredWith = memory;

    void IVfioMemoryUser.TakeAway() => End();

    private void End()
    {
        lock (_gate)
        {
            if (!_isLive)
            {
                return;
            }

            _isLive = false;
            _container.Unmap(Range);
            _pages?.Dispose();
        }
    }
}
