namespace DmaBuf.Linux;

/// <summary>One line of <c>/proc/PID/maps</c> that maps a dma-buf or a memory file.</summary>
/// <param name="Kind">Which of the two.</param>
/// <param name="Identity">Device and inode.</param>
/// <param name="Mapping">Where and how it is mapped.</param>
/// <param name="Name">What its user called it; empty if nothing.</param>
internal readonly record struct MappedBuffer(OpenFileKind Kind, DescriptorIdentity Identity, BufferMapping Mapping, string Name)
{
    private const int Fields = 5;

    /// <summary>Reads every such line of a whole file; lines that do not look like the kernel's are passed over.</summary>
    /// <param name="text">The file.</param>
    /// <param name="memoryFiles">Whether memory files are wanted, too.</param>
    /// <param name="found">Is added to.</param>
    internal static void Find(ReadOnlySpan<byte> text, bool memoryFiles, List<MappedBuffer> found)
    {
        FindMarked(text, BufferLink.DmaBuffer, found);
        if (memoryFiles)
        {
            FindMarked(text, BufferLink.MemoryFile, found);
        }
    }

    /// <summary>Searching for the mark first is many times quicker than looking at every line: nearly none has it.</summary>
    private static void FindMarked(ReadOnlySpan<byte> text, ReadOnlySpan<byte> mark, List<MappedBuffer> found)
    {
        for (int at; (at = text.IndexOf(mark)) >= 0;)
        {
            int start = text[..at].LastIndexOf((byte)'\n') + 1;
            int length = text[at..].IndexOf((byte)'\n');
            int end = length < 0 ? text.Length : at + length;
            if (TryParse(text[start..end], out MappedBuffer mapped))
            {
                found.Add(mapped);
            }

            text = text[end..];
        }
    }

    /// <summary><c>start-end perms offset major:minor inode</c>, blanks, path. A line feed in the path is written as <c>\012</c>.</summary>
    internal static bool TryParse(ReadOnlySpan<byte> line, out MappedBuffer mapped)
    {
        mapped = default;
        Span<Range> fields = stackalloc Range[Fields];
        int path = 0;
        for (int field = 0; field < Fields; field++)
        {
            int blank = line[path..].IndexOf((byte)' ');
            if (blank <= 0)
            {
                return false;
            }

            fields[field] = path..(path + blank);
            path += blank + 1;
        }

        ReadOnlySpan<byte> link = line[path..].TrimStart((byte)' ');
        if (BufferLink.KindOf(link) is not { } kind || !TryRange(line[fields[0]], out ulong start, out ulong end)
            || !KernelNumber.TryParse(line[fields[2]], out ulong offset, 'x') || !TryDevice(line[fields[3]], out uint major, out uint minor)
            || !KernelNumber.TryParse(line[fields[4]], out ulong inode))
        {
            return false;
        }

        ReadOnlySpan<byte> access = line[fields[1]];
        BufferMapping mapping = new(start, end, offset, access.Contains((byte)'w'), access.Contains((byte)'s'));
        mapped = new(kind, new(major, minor, inode), mapping, BufferLink.NameOf(link).Replace("\\012", "\n", StringComparison.Ordinal));
        return true;
    }

    private static bool TryRange(ReadOnlySpan<byte> text, out ulong start, out ulong end)
    {
        int dash = text.IndexOf((byte)'-');
        (start, end) = (0, 0);
        return dash > 0 && KernelNumber.TryParse(text[..dash], out start, 'x') && KernelNumber.TryParse(text[(dash + 1)..], out end, 'x') && start <= end;
    }

    private static bool TryDevice(ReadOnlySpan<byte> text, out uint major, out uint minor)
    {
        int colon = text.IndexOf((byte)':');
        ulong first = 0, second = 0;
        bool isDevice = colon > 0 && KernelNumber.TryParse(text[..colon], out first, 'x') && KernelNumber.TryParse(text[(colon + 1)..], out second, 'x')
            && first <= uint.MaxValue && second <= uint.MaxValue;
        (major, minor) = isDevice ? ((uint)first, (uint)second) : (0, 0);
        return isDevice;
    }
}
