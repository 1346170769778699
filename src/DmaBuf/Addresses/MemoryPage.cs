namespace DmaBuf;

/// <summary>The page that addresses and lengths are measured against where no device or list names another.</summary>
internal static class MemoryPage
{
    /// <summary>4096 bytes: the smallest page of x64 and arm64, thus the weakest alignment that any of them accepts.</summary>
    internal const ulong Size = 4096;
}
