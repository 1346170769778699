namespace DmaBuf.Machine;

/// <summary>
/// Shows an importer that is trusted with physical addresses: an iommufd-like context, whose user maps parts of DMA-bufs into I/O address spaces. The host program grants
/// the permission; nobody else sees an address.
/// </summary>
/// <remarks>
/// The calls are those of the kernel's character device, with their checks in its order: each call looks at its arguments first, takes the interval second, imports third
/// and fills last, and a failure undoes exactly the steps before it. See <see cref="IoAddressSpace"/> for the locks. Safe for calls from several threads, but no
/// call may be made from inside an importer's callback: they take reservations.
/// </remarks>
public sealed class IommuFd
{
    private const IoMapOptions Permissions = IoMapOptions.Readable | IoMapOptions.Writeable;

    private readonly Lock _lock = new();
    private readonly Dictionary<int, IoAddressSpace> _spaces = [];
    private readonly PhysicalAddressAccess _access;
    private int _lastId;

    /// <summary>Makes a context without any address space.</summary>
    /// <param name="access">The permission, granted by the host program; kept private here. The program may revoke it at any time.</param>
    public IommuFd(PhysicalAddressAccess access)
    {
        ArgumentNullException.ThrowIfNull(access);
        _access = access;
    }

    /// <summary>Makes an address space (<c>IOMMU_IOAS_ALLOC</c>).</summary>
    /// <param name="options">Large pages and batches; null for the defaults.</param>
    /// <returns>The address space, empty; owned by the context until it is destroyed.</returns>
    public IoAddressSpace CreateAddressSpace(IoAddressSpaceOptions? options = null)
    {
        lock (_lock)
        {
            IoAddressSpace space = new(++_lastId, options ?? IoAddressSpaceOptions.Default);
            _spaces.Add(space.Id, space);
            return space;
        }
    }

    /// <summary>Unmaps everything of an address space and forgets it (<c>IOMMU_DESTROY</c>).</summary>
    /// <param name="addressSpace">Its number.</param>
    /// <exception cref="DmaBufException">ENOENT: there is none.</exception>
    public void DestroyAddressSpace(int addressSpace)
    {
        IoAddressSpace space = Find(addressSpace);
        lock (_lock)
        {
            _spaces.Remove(addressSpace);
        }

        space.Destroy().ForEach(static pages => pages.DropUser());
    }

    /// <summary>Maps a part of a DMA-buf (<c>IOMMU_IOAS_MAP_FILE</c>).</summary>
    /// <param name="flags">Who may do what, and whether the address is given.</param>
    /// <param name="addressSpace">The number of the address space.</param>
    /// <param name="file">The buffer; an object, because a user may pass anything. Not kept alive by the caller: the mapping owns a reference.</param>
    /// <param name="start">The first byte of the buffer; any, as far as the domains' pages allow.</param>
    /// <param name="length">Bytes.</param>
    /// <param name="iova">The first address, with <see cref="IoMapOptions.FixedIova"/>; else only its size is looked at.</param>
    /// <returns>The first address.</returns>
    /// <exception cref="DmaBufException">
    /// EOPNOTSUPP: unknown flags; EOVERFLOW: address or length too large; EINVAL: no permission named, no DMA-buf, length 0, beyond the buffer, not aligned, reserved, or the
    /// exporter offers no physical address list; ENOENT: no such address space; EBADF: no file; EEXIST: an area is there; ENOSPC: no address is free; ENODEV: revoked; EPERM:
    /// the permission was taken back. Nothing has changed then.
    /// </exception>
    public DmaAddress MapFile(IoMapOptions flags, int addressSpace, object? file, ulong start, ulong length, DmaAddress iova = default)
    {
        RequireFlags(flags, iova.Value, length);
        IoAddressSpace space = Find(addressSpace);
        using DmaBufferReference reference = Open(file);
        RequirePart(reference.Buffer, start, length);
        IoMapOptions permissions = flags & Permissions;
        IoArea[] areas = space.Take(
            (flags & IoMapOptions.FixedIova) != 0 ? iova.Value : null, start, [(length, start % PageFrameBatch.PageSize, permissions)]);
        IoPages? pages = null;
        bool done = false;
        try
        {
            pages = IoPages.Import($"iommufd of {_access.ImporterName}", _access, reference.Buffer, start, permissions);
            space.Complete(areas, [pages]);
            done = true;
            return new DmaAddress(areas[0].Start);
        }
        finally
        {
            if (!done)
            {
                space.Abandon(areas);
            }

            // The area is a user of its own by now.
            pages?.DropUser();
        }
    }

    /// <summary>Maps what shows in one address space also in another, or elsewhere in the same (<c>IOMMU_IOAS_COPY</c>).</summary>
    /// <param name="flags">Who may do what, no more than the source's pages permit, and whether the address is given.</param>
    /// <param name="destination">The number of the address space that gets it.</param>
    /// <param name="source">The number of the address space that has it.</param>
    /// <param name="sourceIova">The first address there.</param>
    /// <param name="length">Bytes; mapped without a gap there.</param>
    /// <param name="iova">The first address, with <see cref="IoMapOptions.FixedIova"/>.</param>
    /// <returns>The first address.</returns>
    /// <exception cref="DmaBufException">
    /// As <see cref="MapFile"/>; also ENOENT: a gap in the source; EPERM: more than the source's pages permit. Nothing has changed then.
    /// </exception>
    public DmaAddress Copy(
        IoMapOptions flags, int destination, int source, DmaAddress sourceIova, ulong length, DmaAddress iova = default)
    {
        RequireFlags(flags, Math.Max(iova.Value, sourceIova.Value), length);
        IoAddressSpace from = Find(source);
        IoAddressSpace to = Find(destination);
        if (length == 0)
        {
            throw from.Refused(Errno.EINVAL, sourceIova.Value, length, "the length is zero");
        }

        from.RequireNoWrap(sourceIova.Value, length);
        List<(IoPages Pages, ulong Length, ulong ByteOffset)> parts = from.Share(sourceIova.Value, length);
        try
        {
            IoMapOptions permissions = flags & Permissions;
            if (parts.Exists(part => (permissions & ~part.Pages.Permissions) != 0))
            {
                throw from.Refused(Errno.EPERM, sourceIova.Value, length, $"its pages permit less than {permissions}");
            }

            IoArea[] areas = to.Take(
                (flags & IoMapOptions.FixedIova) != 0 ? iova.Value : null, sourceIova.Value, parts.ConvertAll(part => (part.Length, part.ByteOffset, permissions)));
            bool done = false;
            try
            {
                to.Complete(areas, parts.ConvertAll(static part => part.Pages));
                done = true;
                return new DmaAddress(areas[0].Start);
            }
            finally
            {
                if (!done)
                {
                    to.Abandon(areas);
                }
            }
        }
        finally
        {
            parts.ForEach(static part => part.Pages.DropUser());
        }
    }

    /// <summary>Unmaps every area in a range (<c>IOMMU_IOAS_UNMAP</c>); when it returns no device reaches them through the address space's domains.</summary>
    /// <param name="addressSpace">The number of the address space.</param>
    /// <param name="iova">The first address.</param>
    /// <param name="length">Bytes; 2^64-1 from address 0 means everything, which never fails.</param>
    /// <returns>Bytes that were mapped.</returns>
    /// <exception cref="DmaBufException">
    /// ENOENT: no such address space, nothing there, or the range cuts an area; EINVAL: length 0; EOVERFLOW: the end wraps; EBUSY: an area is in use. Nothing has changed then.
    /// </exception>
    public ulong Unmap(int addressSpace, DmaAddress iova, ulong length)
    {
        List<IoPages> pages = Find(addressSpace).Remove(iova.Value, length, out ulong removed);
        pages.ForEach(static one => one.DropUser());
        return removed;
    }

    private static void RequireFlags(IoMapOptions flags, ulong iova, ulong length)
    {
        if ((flags & ~(Permissions | IoMapOptions.FixedIova)) != 0)
        {
            throw Refused(Errno.EOPNOTSUPP, $"the flags {(int)flags} are not all known");
        }

        if (iova == ulong.MaxValue || length == ulong.MaxValue)
        {
            throw Refused(Errno.EOVERFLOW, "address or length is the largest number there is");
        }

        if ((flags & Permissions) == 0)
        {
            throw Refused(Errno.EINVAL, "it would be neither readable nor writeable. Name one of the two");
        }
    }

    /// <summary>A reference of the call's own, as a descriptor is held: a file that somebody closes meanwhile stays until the call has ended.</summary>
    private static DmaBufferReference Open(object? file)
    {
        if (file is not null and not DmaBuffer)
        {
            throw Refused(Errno.EINVAL, $"a {file.GetType().Name} is no DMA-buf");
        }

        try
        {
            return (file as DmaBuffer)?.AddReference() ?? throw Refused(Errno.EBADF, "there is no file");
        }
        catch (ObjectDisposedException)
        {
            throw Refused(Errno.EBADF, "the file was closed");
        }
    }

    private static void RequirePart(DmaBuffer buffer, ulong start, ulong length)
    {
        if (length == 0)
        {
            throw Refused(Errno.EINVAL, "the length is zero");
        }

        if (length - 1 > ulong.MaxValue - start)
        {
            throw Refused(Errno.EOVERFLOW, $"0x{length:x} bytes from 0x{start:x} wrap");
        }

        if (buffer.Size <= start + (length - 1))
        {
            throw Refused(Errno.EINVAL, $"0x{length:x} bytes from 0x{start:x} are not inside a buffer of 0x{buffer.Size:x}");
        }

        if (length / PageFrameBatch.PageSize >= uint.MaxValue)
        {
            throw Refused(Errno.EINVAL, $"0x{length:x} bytes are more pages than one mapping counts");
        }
    }

    private static DmaBufException Refused(Errno errno, string why) => new(errno, $"Mapping in an I/O address space was refused: {why}.");

    private IoAddressSpace Find(int id)
    {
        lock (_lock)
        {
            return _spaces.TryGetValue(id, out IoAddressSpace? space)
                ? space
                : throw new DmaBufException(Errno.ENOENT, $"There is no I/O address space {id}. Make one first.");
        }
    }
}
