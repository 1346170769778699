using System.Runtime.InteropServices;
using System.Text;

namespace DmaBuf.Linux;

/// <summary>Where a listener is found, as the kernel wants it (<c>struct sockaddr_un</c>): a path, or a name without a file, written with a leading <c>@</c>.</summary>
/// <remarks>Immutable. A path of a file whose name begins with <c>@</c> is written <c>./@name</c>.</remarks>
internal sealed class SocketAddress
{
    /// <summary>Bytes for a path, or for a name after its <c>@</c>; the kernel's field has 108, one of which ends a path or begins a name.</summary>
    internal const int MaximumBytes = 107;

    private const int FamilyBytes = sizeof(ushort);

    private readonly byte[] _native;

    internal SocketAddress(string text)
    {
        ArgumentNullException.ThrowIfNull(text);
        Text = text;
        IsAbstract = text.StartsWith('@');
        byte[] name = Encoding.UTF8.GetBytes(IsAbstract ? text[1..] : text);
        Check(text, name);
        // Both forms have one zero byte more than the name: an abstract name begins with it, a path ends with it.
        _native = new byte[FamilyBytes + name.Length + 1];
        ushort family = Libc.AF_UNIX;
        MemoryMarshal.Write(_native, family);
        name.CopyTo(_native, FamilyBytes + (IsAbstract ? 1 : 0));
    }

    internal string Text { get; }

    internal bool IsAbstract { get; }

    internal ReadOnlySpan<byte> Native => _native;

    private static void Check(string text, byte[] name)
    {
        if (name.Length == 0)
        {
            throw new DmaBufException(Errno.EINVAL, $"A socket was asked for at \"{text}\", which names nothing. Pass a path, or @name for a name without a file.");
        }

        if (name.Contains((byte)0))
        {
            throw new DmaBufException(Errno.EINVAL, "A socket was asked for at an address with a zero character in it. Leave it out.");
        }

        if (name.Length > MaximumBytes)
        {
            throw new DmaBufException(Errno.ENAMETOOLONG,
                $"A socket was asked for at \"{text}\", which has {name.Length} bytes. The kernel takes {MaximumBytes}: use a directory with a shorter "
                + "path (a relative path will do), or a name without a file, such as @name.");
        }
    }
}
