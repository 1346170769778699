using Microsoft.Win32.SafeHandles;

namespace DmaBuf.Linux;

/// <summary>Reads the texts that the kernel makes when they are read (proc, sysfs, debugfs), whose length nobody knows before. One buffer serves all files; errors are values.</summary>
internal sealed unsafe class KernelTextFile
{
    /// <summary>No text of interest is longer; what lies beyond is not read.</summary>
    internal const int MaximumBytes = 64 << 20;

    private byte[] _buffer = GC.AllocateUninitializedArray<byte>(64 << 10);

    /// <summary>How many files were opened so far: what a reading costs, where times cannot be compared.</summary>
    internal int Opened { get; private set; }

    /// <param name="path">Which file.</param>
    /// <param name="text">The whole of it; valid until the next call.</param>
    /// <returns>Why it could not be read; ENOENT and ESRCH where it went away.</returns>
    internal Errno Read(string path, out ReadOnlySpan<byte> text)
    {
        text = default;
        using SafeFileHandle file = Libc.open(path, Libc.O_RDONLY | Libc.O_CLOEXEC);
        if (file.IsInvalid)
        {
            return NativeError.Last;
        }

        Opened++;
        int length = 0;
        while (length < MaximumBytes)
        {
            if (length == _buffer.Length)
            {
                Array.Resize(ref _buffer, Math.Min(2 * _buffer.Length, MaximumBytes));
            }

            nint read;
            fixed (byte* buffer = _buffer)
            {
                // SAFETY: the kernel writes at most what is left of the buffer, which is pinned during the call.
                read = Libc.read(file, buffer + length, (nuint)(_buffer.Length - length));
            }

            if (read < 0)
            {
                Errno errno = NativeError.Last;
                if (errno == Errno.EINTR)
                {
                    continue;
                }

                return errno;
            }

            if (read == 0)
            {
                break;
            }

            length += (int)read;
        }

        text = _buffer.AsSpan(0, length);
        return Errno.None;
    }
}
