using System.Runtime.InteropServices;

namespace DmaBuf.Linux;

/// <summary>The one way to an ioctl: retried when a signal interrupted it, and answered with the errno as a value, because each interface has remedies of its own.</summary>
internal static unsafe class DeviceCall
{
    /// <param name="device">The open node; stays the caller's.</param>
    /// <param name="request">A number of <c>Interop/Uapi</c>.</param>
    /// <param name="argument">What the kernel reads and writes.</param>
    /// <param name="result">What the call returned; meaningless after an error.</param>
    internal static Errno Try<T>(SafeHandle device, uint request, ref T argument, out int result)
        where T : unmanaged
    {
        fixed (T* pointer = &argument)
        {
            return Try(device, request, pointer, out result);
        }
    }

    internal static Errno Try<T>(SafeHandle device, uint request, ref T argument)
        where T : unmanaged => Try(device, request, ref argument, out _);

    /// <summary>For arguments that are longer than a structure, such as lists behind a header.</summary>
    internal static Errno Try(SafeHandle device, uint request, void* argument, out int result)
    {
        Errno errno;
        do
        {
            result = Libc.ioctl(device, request, argument);
            errno = result >= 0 ? Errno.None : NativeError.Last;
        }
        while (errno == Errno.EINTR);
        return errno;
    }

    /// <summary>For requests whose argument is a number.</summary>
    internal static Errno TryValue(SafeHandle device, uint request, nint argument, out int result)
    {
        Errno errno;
        do
        {
            result = Libc.ioctl_value(device, request, argument);
            errno = result >= 0 ? Errno.None : NativeError.Last;
        }
        while (errno == Errno.EINTR);
        return errno;
    }
}
