using System.Runtime.CompilerServices;
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

    /// <summary>The bits of a value of at most 8 bytes. By size, so that the value goes from register to register: a narrow store with a wide load behind it waits.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    internal static long ToBits<T>(T value)
        where T : struct
    {
        switch (Unsafe.SizeOf<T>())
        {
            case sizeof(byte):
                return Unsafe.BitCast<T, byte>(value);
            case sizeof(ushort):
                return Unsafe.BitCast<T, ushort>(value);
            case sizeof(uint):
                return Unsafe.BitCast<T, uint>(value);
            case sizeof(long):
                return Unsafe.BitCast<T, long>(value);
            default:
                long bits = 0;
                MemoryMarshal.Write(MemoryMarshal.AsBytes(new Span<long>(ref bits)), in value);
                return bits;
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
