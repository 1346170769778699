using System.Runtime.InteropServices;
using Microsoft.Win32.SafeHandles;

namespace DmaBuf.Linux;

/// <summary>
/// The entries of a directory whose names are numbers, as those of <c>/proc</c> and <c>/proc/PID/fd</c>. One buffer serves every directory, and no name becomes a string: there are
/// tens of thousands of them.
/// </summary>
internal sealed unsafe class NumberedEntries
{
    private const int BufferBytes = 32 << 10;

    private readonly byte[] _buffer = GC.AllocateUninitializedArray<byte>(BufferBytes);

    /// <param name="directory">Just opened; stays the caller's.</param>
    /// <param name="numbers">Is emptied, and then holds the numbers in the kernel's order.</param>
    /// <returns>Why it ends early; what was read until then stays in the list.</returns>
    internal Errno Read(SafeFileHandle directory, List<int> numbers)
    {
        numbers.Clear();
        while (true)
        {
            nint length;
            fixed (byte* buffer = _buffer)
            {
                length = Libc.getdents64(directory, buffer, BufferBytes);
            }

            if (length <= 0)
            {
                return length == 0 ? Errno.None : NativeError.Last;
            }

            Add(_buffer.AsSpan(0, (int)length), numbers);
        }
    }

    /// <summary>Entries whose name is no number, or whose length is none, are passed over.</summary>
    internal static void Add(ReadOnlySpan<byte> entries, List<int> numbers)
    {
        while (entries.Length > Libc.Dirent64.NameOffset)
        {
            int length = MemoryMarshal.Read<ushort>(entries[Libc.Dirent64.LengthOffset..]);
            if (length <= Libc.Dirent64.NameOffset || length > entries.Length)
            {
                return;
            }

            if (TryParse(entries[Libc.Dirent64.NameOffset..length], out int number))
            {
                numbers.Add(number);
            }

            entries = entries[length..];
        }
    }

    private static bool TryParse(ReadOnlySpan<byte> name, out int number)
    {
        int end = name.IndexOf((byte)0);
        bool isNumber = KernelNumber.TryParse(end < 0 ? name : name[..end], out ulong value) && value <= int.MaxValue;
        number = isNumber ? (int)value : 0;
        return isNumber;
    }
}
