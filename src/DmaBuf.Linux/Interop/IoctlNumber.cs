namespace DmaBuf.Linux;

/// <summary>
/// Computes request numbers as the kernel's headers do (<c>_IO</c>, <c>_IOR</c>, <c>_IOW</c>, <c>_IOWR</c>): number in bits 0 to 7, type in 8 to 15, size of the argument in 16 to 29,
/// direction in 30 and 31. The directions are the caller's view: <c>Write</c> goes to the kernel.
/// </summary>
internal static unsafe class IoctlNumber
{
    private const uint ToKernel = 1;
    private const uint FromKernel = 2;

    internal static uint None(char type, uint number) => Compute(0, type, number, 0);

    internal static uint Write<T>(char type, uint number)
        where T : unmanaged => Compute(ToKernel, type, number, sizeof(T));

    internal static uint Read<T>(char type, uint number)
        where T : unmanaged => Compute(FromKernel, type, number, sizeof(T));

    internal static uint ReadWrite<T>(char type, uint number)
        where T : unmanaged => Compute(ToKernel | FromKernel, type, number, sizeof(T));

    private static uint Compute(uint direction, char type, uint number, int size) => (direction << 30) | ((uint)size << 16) | ((uint)type << 8) | number;
}
