namespace DmaBuf.Linux;

/// <summary>A part of a BAR in this process's address space, for registers: each access is one load or store of exactly its width.</summary>
/// <remarks>
/// <para>Theory. A load from a BAR whose memory is away is SIGBUS, which nothing in managed code survives. So no pointer or span of it is handed out: each access asks first
/// whether the window is still there, and the device takes the window away before it switches its memory off, is reset or closed (<see cref="VfioDevice"/>). After that accesses are ENODEV;
/// <see cref="VfioRegion.Read32"/> and its kin then ask the kernel, which answers instead of faulting. What cannot be helped is a device that is pulled out without a word.</para>
/// <para>Safe for all threads: accesses come one after the other.</para>
/// </remarks>
public sealed unsafe class VfioRegionWindow : IDisposable, IVfioMemoryUser
{
    private readonly Lock _gate = new();
    private readonly MappedRegion _pages;
    private readonly string _region;
    private VfioMemory? _registeredWith;
    private byte* _start;

    internal VfioRegionWindow(MappedRegion pages, ulong length, string region)
    {
        _pages = pages;
        _region = region;
        _start = (byte*)pages.DangerousGetHandle();
        Length = length;
    }

    /// <summary>Bytes.</summary>
    public ulong Length { get; }

    /// <summary>Reads one byte.</summary>
    /// <exception cref="DmaBufException">ENODEV: the memory went away; EINVAL: outside the window or not aligned.</exception>
    public byte Read8(ulong offset)
    {
        lock (_gate)
        {
            return DeviceRegister.Read8(At(offset, 1));
        }
    }

    /// <summary>Reads 16 bits.</summary>
    /// <exception cref="DmaBufException">As <see cref="Read8"/>.</exception>
    public ushort Read16(ulong offset)
    {
        lock (_gate)
        {
            return DeviceRegister.Read16((ushort*)At(offset, 2));
        }
    }

    /// <summary>Reads 32 bits.</summary>
    /// <exception cref="DmaBufException">As <see cref="Read8"/>.</exception>
    public uint Read32(ulong offset)
    {
        lock (_gate)
        {
            return DeviceRegister.Read32((uint*)At(offset, 4));
        }
    }

    /// <summary>Reads 64 bits.</summary>
    /// <exception cref="DmaBufException">As <see cref="Read8"/>.</exception>
    public ulong Read64(ulong offset)
    {
        lock (_gate)
        {
            return DeviceRegister.Read64((ulong*)At(offset, 8));
        }
    }

    /// <summary>Writes one byte.</summary>
    /// <exception cref="DmaBufException">As <see cref="Read8"/>.</exception>
    public void Write8(ulong offset, byte value)
    {
        lock (_gate)
        {
            DeviceRegister.Write8(At(offset, 1), value);
        }
    }

    /// <summary>Writes 16 bits.</summary>
    /// <exception cref="DmaBufException">As <see cref="Read8"/>.</exception>
    public void Write16(ulong offset, ushort value)
    {
        lock (_gate)
        {
            DeviceRegister.Write16((ushort*)At(offset, 2), value);
        }
    }

    /// <summary>Writes 32 bits.</summary>
    /// <exception cref="DmaBufException">As <see cref="Read8"/>.</exception>
    public void Write32(ulong offset, uint value)
    {
        lock (_gate)
        {
            DeviceRegister.Write32((uint*)At(offset, 4), value);
        }
    }

    /// <summary>Writes 64 bits.</summary>
    /// <exception cref="DmaBufException">As <see cref="Read8"/>.</exception>
    public void Write64(ulong offset, ulong value)
    {
        lock (_gate)
        {
            DeviceRegister.Write64((ulong*)At(offset, 8), value);
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
            _start = null;
            _pages.Dispose();
        }
    }

    /// <summary>The lock is held, so the pages stay until the access is done.</summary>
    private byte* At(ulong offset, uint width)
    {
        if (_start is null)
        {
            throw new DmaBufException(Errno.ENODEV, $"A window of {_region} was used after its memory had gone away, or after it was disposed. Enable the device and open a new window.");
        }

        return offset % width == 0 && offset <= Length && width <= Length - offset
            ? _start + offset
            : throw new DmaBufException(Errno.EINVAL, $"An access of {width} bytes at 0x{offset:x} of a window of 0x{Length:x} bytes of {_region} was refused. Stay within it and aligned.");
    }
}
