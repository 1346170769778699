using System.Runtime.InteropServices;
using Microsoft.Win32.SafeHandles;

namespace DmaBuf.Linux;

/// <summary>Shared memory that has a descriptor and can be sealed (<c>memfd_create</c>): what real buffers between processes are made of here.</summary>
/// <remarks>
/// <para>Theory. Whoever maps a file must fear its end: if a peer truncates it, the next access to a page beyond the new end is SIGBUS, and no handler
/// can repair that in managed code. <em>Seals</em> take the peer's power away, for good and for everybody. So the maker reserves, fills, seals and
/// only then passes the descriptor on, and the receiver checks before it maps.</para>
/// <para>SIGBUS is excluded when all of these hold, and <see cref="Adopt"/> checks each one: the file is memory (a file of a disk may fail to
/// read); it is sealed against shrinking, and the length is read after that seal was seen; the mapping lies within the length; the blocks
/// exist. Blocks of ordinary memory stay: under pressure they go to swap and come back; a hole that a writing peer punches later is filled anew
/// at the next access. A huge page that was punched out goes back to the pool, and the next access may find the pool empty; so
/// huge-page memory is taken only with write seals, which forbid holes as well.</para>
/// <para>Read-only sharing. A descriptor opened for reading can be opened again for writing through <c>/proc/self/fd</c>; only the write seals stop
/// that, and they stop hole punching and <c>MADV_REMOVE</c> too. <see cref="MemorySeals.FutureWrite"/> leaves the maker's own mapping writable;
/// <see cref="MemorySeals.Write"/> ends all writing.</para>
/// <para>Threads. All members may be called by any thread; what must come before what (fill, then seal) is the caller's order. Dispose closes this
/// descriptor; mappings and copies of the descriptor live on.</para>
/// </remarks>
public sealed class MemoryFile : IDisposable
{
    /// <summary>The longest name that the kernel takes, in bytes of UTF-8.</summary>
    public const int MaximumNameBytes = 249;

    // What was read after the seal Shrink was seen; before that nothing about the length is certain.
    private OpenFileFacts? _settledFacts;

    private MemoryFile(SafeFileHandle descriptor, OpenFileFacts facts, string name)
    {
        Descriptor = descriptor;
        Facts = facts;
        Name = name;
    }

    /// <summary>What people see in <c>/proc</c>; names need not be unique. Of adopted memory: what the peer called it.</summary>
    public string Name { get; }

    /// <summary>
    /// The file's length in bytes: as it was when this object was made; once it was seen sealed against shrinking, what it was then. Final if the file has
    /// <see cref="MemorySeals.FixedSize"/>.
    /// </summary>
    public ulong Length => (Volatile.Read(ref _settledFacts) ?? Facts).Length;

    /// <summary>What the kernel said of the file when this object was made: kind, identity, page size, blocks.</summary>
    public OpenFileFacts Facts { get; }

    /// <summary>The descriptor, owned by this object: pass it to a peer or to a kernel interface, do not dispose it.</summary>
    public SafeFileHandle Descriptor { get; }

    /// <summary>The seals as they are now (<c>F_GET_SEALS</c>).</summary>
    /// <exception cref="ObjectDisposedException">The file was disposed.</exception>
    public MemorySeals Seals => MemoryFileInspection.ReadSeals(Descriptor, Facts);

    /// <summary>Makes memory of zero bytes, not yet sealed. All of it is reserved now, unless <paramref name="options"/> say otherwise.</summary>
    /// <param name="name">For people: at most <see cref="MaximumNameBytes"/> bytes of UTF-8, without control characters.</param>
    /// <param name="length">Bytes, at least 1; need not be a whole number of pages.</param>
    /// <param name="options">How; <see cref="MemoryFileOptions.Default"/> if null.</param>
    /// <exception cref="DmaBufException">EINVAL: the name, the length or an option is not valid. EOVERFLOW: no file can be that long.
    /// ENOMEM: the machine or a control group has not that much memory left; nothing was taken. ENOSPC: the kernel could not
    /// reserve the blocks. EMFILE and others: as the kernel says. Whatever fails, nothing stays behind.</exception>
    /// <exception cref="PlatformNotSupportedException">This is not Linux.</exception>
    public static MemoryFile Create(string name, ulong length, MemoryFileOptions? options = null)
    {
        LinuxOnly.Ensure();
        SafeFileHandle descriptor = MemoryFileCreation.Create(name, length, options ?? MemoryFileOptions.Default);
        try
        {
            return new(descriptor, OpenFileFacts.Of(descriptor), name);
        }
        catch
        {
            descriptor.Dispose();
            throw;
        }
    }

    /// <summary>
    /// Takes over memory that a peer made, after checking that it is what <paramref name="requirements"/> say. On success this object owns the
    /// descriptor; on failure the descriptor stays the caller's, as it was.
    /// </summary>
    /// <param name="descriptor">As it was received.</param>
    /// <param name="requirements">What it must be.</param>
    /// <exception cref="DmaBufException">EINVAL: not memory, too short, or with missing blocks. EPERM: a peer could truncate it, or could write
    /// what was promised read-only. EBADF: no open descriptor. The message names the property.</exception>
    /// <exception cref="PlatformNotSupportedException">This is not Linux.</exception>
    public static MemoryFile Adopt(SafeFileHandle descriptor, MemoryFileRequirements requirements)
    {
        LinuxOnly.Ensure();
        ArgumentNullException.ThrowIfNull(descriptor);
        ArgumentNullException.ThrowIfNull(requirements);
        OpenFileFacts facts = MemoryFileInspection.Inspect(descriptor, requirements);
        return new(descriptor, facts, MemoryFileInspection.NameOf(facts));
    }

    /// <summary>Adds seals (<c>F_ADD_SEALS</c>). They hold at once, for every process, and cannot be taken back.</summary>
    /// <exception cref="DmaBufException">EBUSY: <see cref="MemorySeals.Write"/> while a writable mapping or a device's pin exists. EPERM: no
    /// further seals are allowed, or the descriptor is not writable. EINVAL: a seal that this kernel does not know.</exception>
    /// <exception cref="ObjectDisposedException">The file was disposed.</exception>
    public void Seal(MemorySeals seals)
    {
        if (Libc.fcntl(Descriptor, Libc.F_ADD_SEALS, (int)seals) == 0)
        {
            _ = PresentFacts();
            return;
        }

        Errno errno = NativeError.Last;
        throw NativeError.Failure(errno, $"Adding the seals {seals} to memory file \"{Name}\"", errno switch
        {
            Errno.EBUSY => "The seal Write needs that no writable mapping exists, in any process, and that no device holds the pages: dispose "
                + "the mappings first, or use FutureWrite, which lets existing ones go on.",
            Errno.EPERM => $"It has the seals {Seals}: with Seal among them none can be added; otherwise the descriptor is not open for writing.",
            Errno.EINVAL => "The kernel does not know one of them (FutureWrite needs Linux 5.1), or this memory cannot be sealed.",
            _ => NativeError.CommonRemedy(errno),
        });
    }

    /// <summary>Maps all of the memory. The mapping is independent of this object and is the caller's to dispose.</summary>
    /// <exception cref="DmaBufException">As <see cref="MemoryMapping.Map(SafeHandle, ulong, ulong, MemoryProtection)"/>.</exception>
    /// <exception cref="ObjectDisposedException">The file was disposed.</exception>
    public MemoryMapping Map(MemoryProtection protection) => Map(protection, 0, PresentFacts().Length);

    /// <summary>Maps a part of the memory. The mapping is independent of this object and is the caller's to dispose.</summary>
    /// <param name="protection">Read, or read and write; the latter only without write seals.</param>
    /// <param name="offset">The first byte, a multiple of the page size of <see cref="Facts"/>.</param>
    /// <param name="length">Bytes, at least 1, within the file as it is now.</param>
    /// <exception cref="DmaBufException">As <see cref="MemoryMapping.Map(SafeHandle, ulong, ulong, MemoryProtection)"/>.</exception>
    /// <exception cref="ObjectDisposedException">The file was disposed.</exception>
    public MemoryMapping Map(MemoryProtection protection, ulong offset, ulong length)
    {
        // Kernels before 6.7 refuse a shared mapping of a write-sealed file even for reading. What nobody can write reads the same through a
        // private mapping, which they allow. Huge pages would be reserved a second time for it, so those stay shared.
        bool frozen = protection == MemoryProtection.Read && Facts.Kind != OpenFileKind.HugePageMemoryFile && Seals.HasFlag(MemorySeals.Write);
        return MemoryMapping.Map(Descriptor, PresentFacts(), offset, length, protection, frozen ? Libc.MAP_PRIVATE : Libc.MAP_SHARED);
    }

    /// <summary>What the file is now; once nobody can shrink it any more, what it was when that was seen first.</summary>
    internal OpenFileFacts PresentFacts()
    {
        if (Volatile.Read(ref _settledFacts) is { } settled)
        {
            return settled;
        }

        // The seal first, then the length: a length that was read before may have become less since.
        bool isSettled = Seals.HasFlag(MemorySeals.Shrink);
        OpenFileFacts facts = OpenFileFacts.Of(Descriptor);
        if (isSettled)
        {
            Volatile.Write(ref _settledFacts, facts);
        }

        return facts;
    }

    /// <summary>Closes this descriptor. The memory lives until the last descriptor and the last mapping are gone, in all processes.</summary>
    public void Dispose() => Descriptor.Dispose();
}
