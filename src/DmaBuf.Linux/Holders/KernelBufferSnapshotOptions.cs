namespace DmaBuf.Linux;

/// <summary>What a snapshot of the kernel's buffers contains, and where it is read. The initial values suit the running machine.</summary>
/// <remarks>Immutable, safe for all threads.</remarks>
public sealed record KernelBufferSnapshotOptions
{
    /// <summary>Where the processes are. Another machine's tree, or a container's, can be given.</summary>
    public string ProcessRoot { get; init; } = "/proc";

    /// <summary>Where sysfs is, with debugfs in <c>kernel/debug</c>.</summary>
    public string SystemRoot { get; init; } = "/sys";

    /// <summary>Also lists memory files (<c>memfd_create</c>), which are what this library's own buffers are made of.</summary>
    public bool IncludeMemoryFiles { get; init; }
}
