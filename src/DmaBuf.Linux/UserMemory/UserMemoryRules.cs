namespace DmaBuf.Linux;

/// <summary>What the udmabuf driver refuses with a bare EINVAL, told before it does, with the property in question.</summary>
internal static class UserMemoryRules
{
    private const MemorySeals AnyWriteSeal = MemorySeals.Write | MemorySeals.FutureWrite;

    internal static void Check(ReadOnlySpan<UserMemoryPart> parts, UserMemoryLimits limits)
    {
        if (parts.IsEmpty || (ulong)parts.Length > limits.MaximumParts)
        {
            throw Refusal($"of {parts.Length} parts", $"1 to {limits.MaximumParts} are taken", "Use fewer, larger parts, or raise /sys/module/udmabuf/parameters/list_limit.");
        }

        ulong total = 0;
        foreach (UserMemoryPart part in parts)
        {
            ArgumentNullException.ThrowIfNull(part.File);
            CheckPart(part);
            total = checked(total + part.Length);
        }

        if (total > limits.MaximumBytes)
        {
            throw Refusal($"of {total} bytes", $"at most {limits.MaximumBytes} are taken", "Make several buffers, or raise /sys/module/udmabuf/parameters/size_limit_mb.");
        }
    }

    private static void CheckPart(UserMemoryPart part)
    {
        ulong page = (ulong)Environment.SystemPageSize;
        string which = $"from {part.Length} bytes at {part.Offset} of memory file \"{part.File.Name}\"";
        if (part.Length == 0 || part.Offset % page != 0 || part.Length % page != 0)
        {
            throw Refusal(which, $"it is no whole number of pages of {page} bytes", "Begin at a page and take whole ones; make the file so long.");
        }

        MemorySeals seals = part.File.Seals;
        if (!seals.HasFlag(MemorySeals.Shrink))
        {
            throw Refusal(which, $"it has the seals {seals}, so the pages could be taken away under devices", "Seal it with FixedSize first.");
        }

        if ((seals & AnyWriteSeal) != 0)
        {
            throw Refusal(which, $"it has the seals {seals}, and devices write past write seals", "Take memory with the seals FixedSize, and pass buffers on read-only by agreement.");
        }

        if (part.Offset > part.File.Length || part.Length > part.File.Length - part.Offset)
        {
            throw Refusal(which, $"the file ends at {part.File.Length}", "Stay within it.");
        }
    }

    private static DmaBufException Refusal(string which, string property, string remedy) => new(Errno.EINVAL, $"Making a dma-buf {which} (udmabuf) was refused: {property}. {remedy}");
}
