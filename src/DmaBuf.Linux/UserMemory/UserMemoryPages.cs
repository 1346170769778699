namespace DmaBuf.Linux;

/// <summary>
/// Touches every page of memory files, by reading: the kernel gives reserved pages their zeros at the first touch through the file, whatever a device has written to them before through a dma-buf.
/// </summary>
internal static class UserMemoryPages
{
    internal static void Settle(ReadOnlySpan<UserMemoryPart> parts)
    {
        foreach (UserMemoryPart part in parts)
        {
            if (part.File.Facts.Kind != OpenFileKind.HugePageMemoryFile) // those have their zeros from the beginning, and are mapped in larger steps
            {
                Touch(part);
            }
        }
    }

    private static void Touch(UserMemoryPart part)
    {
        ulong page = (ulong)Environment.SystemPageSize;
        using MemoryMapping mapping = part.File.Map(MemoryProtection.Read, part.Offset, part.Length);
        for (ulong at = 0; at < part.Length; at += page)
        {
            _ = Volatile.Read(in mapping.ReadOnlyWindow(at, 1)[0]);
        }
    }
}
