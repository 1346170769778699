using System.Runtime.InteropServices;

namespace DmaBuf;

/// <summary>
/// Turns the bits of a recorded value back into text. A verdict keeps values as bits and the number of their type's reader, so that declining a pair
/// on the way to a match allocates nothing.
/// </summary>
internal static class VerdictValue
{
    private static readonly Lock s_lock = new();
    private static volatile Func<long, string>[] s_readers = [];

    internal static int Register(Func<long, string> reader)
    {
        lock (s_lock)
        {
            s_readers = [.. s_readers, reader];
            return s_readers.Length - 1;
        }
    }

    internal static string Read(int slot, long bits) => s_readers[slot](bits);
}

/// <summary>The reader of one value type, registered once.</summary>
internal static class VerdictValue<T>
    where T : struct
{
    internal static readonly int Slot = VerdictValue.Register(static bits => Read(bits));

    private static string Read(long bits)
    {
        T value = MemoryMarshal.Read<T>(MemoryMarshal.AsBytes(new ReadOnlySpan<long>(in bits)));
        return value is bool truth ? (truth ? "yes" : "no") : value.ToString() ?? string.Empty;
    }
}
