using System.Runtime.InteropServices;

namespace DmaBuf.Linux;

/// <summary>
/// A file's bytes in this process's address space, from <c>mmap</c> until <see cref="Dispose"/>.
/// </summary>
/// <remarks>
/// <para>Theory. A mapping is seen through <em>windows</em>, spans of at most 2 GiB at any offset, so its length is not bound by what a span can hold.
/// A span knows nothing of its mapping's end. So there are two ways to end one:
/// <see cref="Overlay"/> takes the bytes away and leaves the addresses: whoever still holds a window reads zeros and writes into the void.
/// <see cref="Dispose"/> takes the addresses away too, and may only come when no window is in use any more.</para>
/// <para>Counting who is inside is not done here: the core's mapping gate does it (accesses enter and leave; revoke waits for them until its
/// deadline, then overlays). Code that uses a mapping without the core keeps that order itself.</para>
/// <para>Threads. <see cref="Window"/> and <see cref="ReadOnlyWindow"/> may run on any thread, also during an overlay. Overlay and Dispose exclude each other;
/// either may come twice. Lock order: the one lock here is a leaf, nothing is called under it but the kernel.</para>
/// <para>SIGBUS. Reading a page that lies beyond the end of a truncated file ends the process. This type checks the length when
/// it maps; <see cref="MemoryFile"/> makes sure that it stays so.</para>
/// </remarks>
public sealed class MemoryMapping : IDisposable
{
    private readonly Lock _gate = new();
    private readonly MappedRegion _region;
    private readonly nint _address;
    private volatile bool _overlaid;

    private MemoryMapping(MappedRegion region, ulong length, MemoryProtection protection)
    {
        _region = region;
        _address = region.DangerousGetHandle();
        Length = length;
        Protection = protection;
    }

    /// <summary>Bytes that can be reached, exactly as asked for; the kernel maps whole pages.</summary>
    public ulong Length { get; }

    /// <summary>What this mapping lets one do; an overlay keeps it.</summary>
    public MemoryProtection Protection { get; }

    /// <summary>Whether the file's bytes were taken away by <see cref="Overlay"/>.</summary>
    public bool IsOverlaid => _overlaid;

    /// <summary>Maps a part of a file, shared with all who map it (<c>mmap</c> with <c>MAP_SHARED</c>). The descriptor stays the caller's and may be closed at once.</summary>
    /// <param name="descriptor">A descriptor that can be mapped: memory files and regular files, dma-bufs, devices.</param>
    /// <param name="offset">The first byte, a multiple of the file's page size.</param>
    /// <param name="length">Bytes, at least 1. Of memory and regular files, offset and length must lie within the file.</param>
    /// <param name="protection">Read, or read and write.</param>
    /// <exception cref="DmaBufException">EINVAL: the range is empty, unaligned or outside the file, or the object cannot be mapped.
    /// EPERM or EACCES: writing was asked for, and seals or the descriptor forbid it. ENOMEM, EBADF, ENODEV: as the kernel says.</exception>
    /// <exception cref="PlatformNotSupportedException">This is not Linux.</exception>
    public static MemoryMapping Map(SafeHandle descriptor, ulong offset, ulong length, MemoryProtection protection)
    {
        LinuxOnly.Ensure();
        ArgumentNullException.ThrowIfNull(descriptor);
        return Map(descriptor, OpenFileFacts.Of(descriptor), offset, length, protection, Libc.MAP_SHARED);
    }

    /// <summary>A window for reading and writing: the bytes from <paramref name="offset"/> on. Valid until the mapping is disposed, no longer.</summary>
    /// <exception cref="DmaBufException">EINVAL: outside the mapping. EACCES: the mapping is read-only.</exception>
    /// <exception cref="ObjectDisposedException">The mapping was disposed.</exception>
    public Span<byte> Window(ulong offset, int length)
    {
        if (Protection != MemoryProtection.ReadWrite)
        {
            throw new DmaBufException(Errno.EACCES, "A writable window was asked of a read-only mapping. Use ReadOnlyWindow, or map with ReadWrite.");
        }

        return WindowUnchecked(offset, length);
    }

    /// <summary>A window for reading: the bytes from <paramref name="offset"/> on. Valid until the mapping is disposed, no longer.</summary>
    /// <exception cref="DmaBufException">EINVAL: outside the mapping.</exception>
    /// <exception cref="ObjectDisposedException">The mapping was disposed.</exception>
    public ReadOnlySpan<byte> ReadOnlyWindow(ulong offset, int length) => WindowUnchecked(offset, length);

    /// <summary>
    /// Takes the bytes away and leaves the addresses: the pages are replaced, in one step and in place, by private zero pages of the same
    /// protection. Readers who are inside go on and read zeros. The file itself is not changed. A second call does nothing.
    /// </summary>
    /// <exception cref="DmaBufException">ENOMEM: the kernel had no memory for it; the bytes may still be there. Try again.</exception>
    /// <exception cref="ObjectDisposedException">The mapping was disposed.</exception>
    public void Overlay()
    {
        lock (_gate)
        {
            ObjectDisposedException.ThrowIf(_region.IsClosed, this);
            if (_overlaid)
            {
                return;
            }

            Errno errno = _region.Overlay(NativeProtection(Protection));
            if (errno != Errno.None)
            {
                throw NativeError.Failure(errno, $"Overlaying a mapping of {Length} bytes with anonymous memory", NativeError.CommonRemedy(errno));
            }

            _overlaid = true;
        }
    }

    /// <summary>Unmaps, once. No window of this mapping may be in use any more; if one may be, <see cref="Overlay"/> first and dispose later.</summary>
    public void Dispose()
    {
        lock (_gate)
        {
            _region.Dispose();
        }
    }

    /// <summary>The object that keeps the addresses, for calls that must not lose them while they run.</summary>
    internal MappedRegion Region => _region;

    /// <summary>The address of the first byte, for kernel interfaces that take one; valid until the mapping is disposed.</summary>
    internal nint Address
    {
        get
        {
            ObjectDisposedException.ThrowIf(_region.IsClosed, this);
            return _address;
        }
    }

    internal static MemoryMapping Map(
        SafeHandle descriptor, OpenFileFacts facts, ulong offset, ulong length, MemoryProtection protection, int sharing)
    {
        CheckRange(facts, offset, length, protection);
        ulong pages = RoundUp(length, facts.PageSize);
        nint address = Libc.mmap(0, (nuint)pages, NativeProtection(protection), sharing, descriptor, (long)offset);
        if (address == -1)
        {
            throw MapFailure(NativeError.Last, facts, offset, length, protection);
        }
        // Safe from leaks: nothing can fail between the call and this constructor but the allocation itself.
        return new MemoryMapping(new MappedRegion(address, (nuint)pages), length, protection);
    }

    private unsafe Span<byte> WindowUnchecked(ulong offset, int length)
    {
        ObjectDisposedException.ThrowIf(_region.IsClosed, this);
        if (length < 0 || offset > Length || (ulong)length > Length - offset)
        {
            throw new DmaBufException(Errno.EINVAL, $"A window of {length} bytes at {offset} was asked of a mapping of {Length} bytes. Stay within it.");
        }
        // SAFETY: [address, address + Length) stays mapped until Dispose, also under an overlay, and the window was found to lie within it.
        return new Span<byte>((byte*)_address + offset, length);
    }

    private static void CheckRange(OpenFileFacts facts, ulong offset, ulong length, MemoryProtection protection)
    {
        if (protection is not (MemoryProtection.Read or MemoryProtection.ReadWrite))
        {
            throw new DmaBufException(Errno.EINVAL, $"A mapping was asked for with protection {(int)protection}, which is none. Use Read or ReadWrite.");
        }

        string range = $"Mapping {length} bytes at {offset} of {facts.Kind} \"{facts.Link}\"";
        if (length == 0)
        {
            throw new DmaBufException(Errno.EINVAL, $"{range} is empty. Map at least one byte.");
        }

        if (offset % facts.PageSize != 0)
        {
            throw new DmaBufException(Errno.EINVAL, $"{range} does not begin at a page of {facts.PageSize} bytes. Map from a multiple of it and take a window.");
        }

        if (offset > long.MaxValue || length > long.MaxValue - offset - (facts.PageSize - 1))
        {
            throw new DmaBufException(Errno.EINVAL, $"{range} does not fit an address space. Map a smaller part.");
        }

        if (HasSize(facts.Kind) && offset + length > facts.Length)
        {
            throw new DmaBufException(Errno.EINVAL, $"{range} leaves the file, which has {facts.Length} bytes. Map within it: pages beyond it end the process with SIGBUS.");
        }
    }

    private static bool HasSize(OpenFileKind kind) =>
        kind is OpenFileKind.MemoryFile or OpenFileKind.HugePageMemoryFile or OpenFileKind.SharedMemoryFile or OpenFileKind.RegularFile;

    private static ulong RoundUp(ulong length, ulong pageSize) => (length + pageSize - 1) / pageSize * pageSize;

    private static int NativeProtection(MemoryProtection protection) =>
        protection == MemoryProtection.Read ? Libc.PROT_READ : Libc.PROT_READ | Libc.PROT_WRITE;

    private static DmaBufException MapFailure(Errno errno, OpenFileFacts facts, ulong offset, ulong length, MemoryProtection protection) =>
        NativeError.Failure(errno, $"mmap ({protection}) of {length} bytes at {offset} of {facts.Kind} \"{facts.Link}\"", errno switch
        {
            Errno.EPERM => "Its seals forbid writable mappings: map it with Read.",
            Errno.EACCES => "The descriptor was not opened for this: map it with Read, or open it for reading and writing.",
            Errno.EINVAL when facts.Kind == OpenFileKind.DmaBuffer => "The kernel driver that made this buffer lets nobody map it, as VFIO does with device memory: reach it through its device.",
            Errno.ENODEV => "This kind of object cannot be mapped.",
            Errno.ENOMEM when facts.Kind == OpenFileKind.HugePageMemoryFile => "Not enough huge pages are free: raise vm.nr_hugepages, or use ordinary pages.",
            _ => NativeError.CommonRemedy(errno),
        });
}
