using System.Runtime.CompilerServices;

namespace DmaBuf.Linux;

/// <summary>
/// One load or store of exactly the width that is asked for. Not inlined: inside a caller that looks at one bit only, the compiler would narrow the load to a byte, and registers that answer to their
/// own width alone would read as zero.
/// </summary>
/// <remarks>SAFETY of every caller: the pointer is aligned and stays mapped during the call.</remarks>
internal static unsafe class DeviceRegister
{
    [MethodImpl(MethodImplOptions.NoInlining)]
    internal static byte Read8(byte* register) => Volatile.Read(ref *register);

    [MethodImpl(MethodImplOptions.NoInlining)]
    internal static ushort Read16(ushort* register) => Volatile.Read(ref *register);

    [MethodImpl(MethodImplOptions.NoInlining)]
    internal static uint Read32(uint* register) => Volatile.Read(ref *register);

    [MethodImpl(MethodImplOptions.NoInlining)]
    internal static ulong Read64(ulong* register) => Volatile.Read(ref *register);

    [MethodImpl(MethodImplOptions.NoInlining)]
    internal static void Write8(byte* register, byte value) => Volatile.Write(ref *register, value);

    [MethodImpl(MethodImplOptions.NoInlining)]
    internal static void Write16(ushort* register, ushort value) => Volatile.Write(ref *register, value);

    [MethodImpl(MethodImplOptions.NoInlining)]
    internal static void Write32(uint* register, uint value) => Volatile.Write(ref *register, value);

    [MethodImpl(MethodImplOptions.NoInlining)]
    internal static void Write64(ulong* register, ulong value) => Volatile.Write(ref *register, value);
}
