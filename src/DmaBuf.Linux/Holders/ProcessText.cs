namespace DmaBuf.Linux;

/// <summary>
/// What <c>/proc/PID/stat</c> says, for every process and to everybody: <c>pid (command) state …</c>. The command is the process's own and may hold blanks, brackets and line feeds, so the
/// last closing bracket ends it.
/// </summary>
/// <param name="Command">At most 15 bytes of it, as the kernel keeps them.</param>
/// <param name="Flags">Field 9.</param>
/// <param name="StartTime">Field 22: clock ticks since the machine started. Together with its number it names a process for good.</param>
internal readonly record struct ProcessText(string Command, ulong Flags, ulong StartTime)
{
    private const ulong KernelThreadFlag = 0x0020_0000;
    private const int FlagsField = 9;
    private const int StartTimeField = 22;
    private const int FirstFieldBehindCommand = 3;

    /// <summary>It belongs to the kernel (<c>PF_KTHREAD</c>), and has neither descriptors nor mappings.</summary>
    internal bool IsKernelThread => (Flags & KernelThreadFlag) != 0;

    internal static bool TryParse(ReadOnlySpan<byte> text, out ProcessText process)
    {
        process = default;
        int open = text.IndexOf((byte)'(');
        int close = text.LastIndexOf((byte)')');
        if (open < 0 || close < open)
        {
            return false;
        }

        ulong flags = 0, start = 0;
        int field = FirstFieldBehindCommand;
        ReadOnlySpan<byte> rest = text[(close + 1)..].Trim(" \n"u8);
        foreach (Range range in rest.Split((byte)' '))
        {
            if (field == FlagsField && !KernelNumber.TryParse(rest[range], out flags))
            {
                return false;
            }

            if (field == StartTimeField)
            {
                process = new(DescriptorText.Cut(text[(open + 1)..close]), flags, KernelNumber.TryParse(rest[range], out start) ? start : 0);
                return true;
            }

            field++;
        }

        return false;
    }

    /// <summary>The effective user in the line <c>Uid:</c> of <c>/proc/PID/status</c>; null if there is none.</summary>
    internal static uint? EffectiveUser(ReadOnlySpan<byte> status)
    {
        int at = status.IndexOf("\nUid:\t"u8);
        if (at < 0)
        {
            return null;
        }

        ReadOnlySpan<byte> users = status[(at + "\nUid:\t"u8.Length)..];
        int end = users.IndexOf((byte)'\n');
        users = end < 0 ? users : users[..end];
        int tab = users.IndexOf((byte)'\t');
        users = tab < 0 ? default : users[(tab + 1)..];
        tab = users.IndexOf((byte)'\t');
        return tab > 0 && KernelNumber.TryParse(users[..tab], out ulong user) && user <= uint.MaxValue ? (uint)user : null;
    }
}
