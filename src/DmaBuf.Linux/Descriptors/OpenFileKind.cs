namespace DmaBuf.Linux;

/// <summary>What kind of kernel object a descriptor stands for, as far as the kernel tells an ordinary process.</summary>
public enum OpenFileKind
{
    /// <summary>None of the kinds below, such as an epoll or an eventfd.</summary>
    Other = 0,

    /// <summary>Memory of <c>memfd_create</c> in ordinary pages: its link in <c>/proc/self/fd</c> reads <c>/memfd:name</c>.</summary>
    MemoryFile,

    /// <summary>Memory in huge pages: hugetlbfs, from <c>memfd_create</c> with <c>MFD_HUGETLB</c> or from a mounted file system.</summary>
    HugePageMemoryFile,

    /// <summary>A file of a tmpfs that has a name there, such as POSIX shared memory under <c>/dev/shm</c>.</summary>
    SharedMemoryFile,

    /// <summary>A kernel dma-buf: its link in <c>/proc/self/fd</c> reads <c>/dmabuf:name</c>.</summary>
    DmaBuffer,

    /// <summary>A file on a disk or another file system; not shareable memory.</summary>
    RegularFile,

    /// <summary>A directory.</summary>
    Directory,

    /// <summary>A socket.</summary>
    Socket,

    /// <summary>A pipe or FIFO.</summary>
    Pipe,

    /// <summary>A character or block device.</summary>
    Device,
}
