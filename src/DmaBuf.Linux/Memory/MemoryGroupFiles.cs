namespace DmaBuf.Linux;

/// <summary>What the files of a memory control group are called, in the two versions of control groups.</summary>
internal sealed record MemoryGroupFiles(string Limit, string Usage, string InactiveFile)
{
    internal static MemoryGroupFiles Version1 { get; } = new("memory.limit_in_bytes", "memory.usage_in_bytes", "total_inactive_file");

    internal static MemoryGroupFiles Version2 { get; } = new("memory.max", "memory.current", "inactive_file");
}
