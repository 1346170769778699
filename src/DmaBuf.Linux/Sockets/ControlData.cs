using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using Microsoft.Win32.SafeHandles;

namespace DmaBuf.Linux;

/// <summary>Descriptors as ancillary data of a message (<c>SCM_RIGHTS</c>): written before sending, owned after receiving.</summary>
internal static class ControlData
{
    private static readonly int HeaderSize = Unsafe.SizeOf<Libc.Cmsghdr>();

    /// <summary>
    /// Bytes for exactly <paramref name="descriptors"/> descriptors (<c>CMSG_LEN</c>). Not rounded up as <c>CMSG_SPACE</c> is: the kernel fills what there
    /// is, and the padding of an odd count would let one more in than was allowed.
    /// </summary>
    internal static int Size(int descriptors) => descriptors == 0 ? 0 : HeaderSize + (descriptors * sizeof(int));

    /// <summary>Writes one control message. The handles must be held until the message was sent.</summary>
    internal static void Write(Span<byte> control, IReadOnlyList<SafeHandle> descriptors)
    {
        if (descriptors.Count == 0)
        {
            return;
        }

        Libc.Cmsghdr header = new()
        {
            cmsg_len = (nuint)Size(descriptors.Count),
            cmsg_level = Libc.SOL_SOCKET,
            cmsg_type = Libc.SCM_RIGHTS,
        };
        MemoryMarshal.Write(control, header);
        Span<int> numbers = MemoryMarshal.Cast<byte, int>(control[HeaderSize..]);
        for (int index = 0; index < descriptors.Count; index++)
        {
            numbers[index] = (int)descriptors[index].DangerousGetHandle();
        }
    }

    /// <summary>Puts every descriptor of received control data under an owner. To be called right after the receive, before anything can fail.</summary>
    internal static List<SafeFileHandle> Own(ReadOnlySpan<byte> control)
    {
        List<SafeFileHandle> owned = [];
        while (control.Length >= HeaderSize)
        {
            Libc.Cmsghdr header = MemoryMarshal.Read<Libc.Cmsghdr>(control);
            int length = (int)Math.Min(header.cmsg_len, (nuint)control.Length);
            if (length < HeaderSize)
            {
                break; // the kernel writes no such header; do not loop on it
            }

            if (header is { cmsg_level: Libc.SOL_SOCKET, cmsg_type: Libc.SCM_RIGHTS })
            {
                foreach (int number in MemoryMarshal.Cast<byte, int>(control[HeaderSize..length]))
                {
                    owned.Add(new SafeFileHandle(number, ownsHandle: true));
                }
            }
            int next = (length + 7) & ~7;
            control = next < control.Length ? control[next..] : [];
        }
        return owned;
    }
}
