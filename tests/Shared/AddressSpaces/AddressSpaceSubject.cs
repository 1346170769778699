namespace DmaBuf.SharedTests;

/// <summary>The calls of iommufd, with the numbers as a program passes them, on an address space with a device in it and a file of four pages.</summary>
public abstract class AddressSpaceSubject : Subject
{
    /// <summary>Bytes of the file.</summary>
    public const ulong FileLength = 4 * Page;

    /// <summary>The device's address is named (<c>IOMMU_IOAS_MAP_FIXED_IOVA</c>).</summary>
    public const int Fixed = 1;

    /// <summary><c>IOMMU_IOAS_MAP_WRITEABLE</c>.</summary>
    public const int Writeable = 2;

    /// <summary><c>IOMMU_IOAS_MAP_READABLE</c>.</summary>
    public const int Readable = 4;

    /// <summary>Both permissions.</summary>
    public const int Both = Readable | Writeable;

    /// <summary>The number of the address space.</summary>
    public abstract int Space { get; }

    /// <summary>The number of a second, empty one without a device.</summary>
    public abstract int Other { get; }

    /// <summary>What an empty part of no file is. Linux 7.3 looks at the length first, EINVAL; with mapping types (specification 7.5) at the file, EBADF.</summary>
    public abstract Errno EmptyPartOfNoFile { get; }

    /// <summary><c>IOMMU_IOAS_MAP_FILE</c>.</summary>
    public abstract Errno MapFile(int flags, int space, FileKind file, ulong start, ulong length, ref ulong iova);

    /// <summary><c>IOMMU_IOAS_UNMAP</c>.</summary>
    public abstract Errno Unmap(int space, ulong iova, ref ulong length);

    /// <summary><c>IOMMU_IOAS_COPY</c>.</summary>
    public abstract Errno Copy(int flags, int destination, int source, ulong sourceIova, ulong length, ref ulong iova);

    /// <summary><c>IOMMU_IOAS_ALLOW_IOVAS</c>; first and last byte of each range.</summary>
    public abstract Errno Allow(int space, params (ulong First, ulong Last)[] ranges);

    /// <summary><c>IOMMU_OPTION_HUGE_PAGES</c> off, at a space that is empty.</summary>
    public abstract int MakeSpaceOfSmallPages();
}
