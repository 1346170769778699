using System.Runtime.InteropServices;
using Microsoft.Win32.SafeHandles;

namespace DmaBuf.Linux;

/// <summary>The driver that makes dma-bufs of memory files (<c>/dev/udmabuf</c>), open. File and buffer are the same bytes.</summary>
/// <remarks>
/// Theory: devices write to the pages whatever the file's seals say, so the driver takes only files without write seals; and the pages must stay, so only files that cannot shrink. VFIO takes
/// the memory file itself and refuses the dma-buf made of it: keep both. A page that was reserved and never touched is filled with zeros when somebody first touches it through the file,
/// and would wipe out what came through the dma-buf: so every page is touched before the driver gets it. Threads: all members may be called by any thread. Dispose closes the node; buffers live on.
/// </remarks>
public sealed class UserMemoryDevice : IDisposable
{
    /// <summary>The node.</summary>
    public const string Path = "/dev/udmabuf";

    private readonly SafeFileHandle _node;

    private UserMemoryDevice(SafeFileHandle node) => _node = node;

    /// <summary>Opens the driver.</summary>
    /// <exception cref="DmaBufException">ENOENT: the kernel has it not; EACCES: not for this user.</exception>
    /// <exception cref="PlatformNotSupportedException">This is not Linux.</exception>
    public static UserMemoryDevice Open()
    {
        LinuxOnly.Ensure();
        return new(DeviceNode.Open(Path, "Load the module (modprobe udmabuf), or take a kernel with CONFIG_UDMABUF."));
    }

    /// <summary>Makes a buffer of one piece of memory (<c>UDMABUF_CREATE</c>).</summary>
    /// <param name="part">The memory.</param>
    /// <returns>The buffer, the caller's to dispose.</returns>
    /// <exception cref="DmaBufException">EINVAL: unsealed, write-sealed, not whole pages, outside the file, or larger than <see cref="UserMemoryLimits"/>; the message says which. Else the kernel's.</exception>
    /// <exception cref="ObjectDisposedException">The device or the file was disposed.</exception>
    public KernelBuffer Create(UserMemoryPart part)
    {
        UserMemoryRules.Check([part], UserMemoryLimits.Read());
        UserMemoryPages.Settle([part]);
        using DescriptorNumbers numbers = new([part]);
        UdmabufUapi.udmabuf_create request = new()
        {
            memfd = numbers[0],
            flags = UdmabufUapi.UDMABUF_FLAGS_CLOEXEC,
            offset = part.Offset,
            size = part.Length,
        };
        Errno errno = DeviceCall.Try(_node, UdmabufUapi.UDMABUF_CREATE, ref request, out int descriptor);
        return errno == Errno.None ? DescriptorOwner.Adopt(descriptor) : throw Failure(errno, 1);
    }

    /// <summary>Makes one buffer of several pieces, one after the other (<c>UDMABUF_CREATE_LIST</c>).</summary>
    /// <param name="parts">At least one; of one file or of several, in any order, also repeated.</param>
    /// <inheritdoc cref="Create(UserMemoryPart)"/>
    public unsafe KernelBuffer Create(params ReadOnlySpan<UserMemoryPart> parts)
    {
        UserMemoryRules.Check(parts, UserMemoryLimits.Read());
        UserMemoryPages.Settle(parts);
        using DescriptorNumbers numbers = new(parts);
        int headerSize = sizeof(UdmabufUapi.udmabuf_create_list);
        byte[] request = new byte[headerSize + (parts.Length * sizeof(UdmabufUapi.udmabuf_create_item))];
        MemoryMarshal.Write(request, new UdmabufUapi.udmabuf_create_list { flags = UdmabufUapi.UDMABUF_FLAGS_CLOEXEC, count = (uint)parts.Length });
        Span<UdmabufUapi.udmabuf_create_item> items = MemoryMarshal.Cast<byte, UdmabufUapi.udmabuf_create_item>(request.AsSpan(headerSize));
        for (int index = 0; index < parts.Length; index++)
        {
            items[index] = new() { memfd = numbers[index], offset = parts[index].Offset, size = parts[index].Length };
        }

        // SAFETY: the header counts the items that follow it, and the kernel copies both before it returns.
        fixed (byte* pointer = request)
        {
            Errno errno = DeviceCall.Try(_node, UdmabufUapi.UDMABUF_CREATE_LIST, pointer, out int descriptor);
            return errno == Errno.None ? DescriptorOwner.Adopt(descriptor) : throw Failure(errno, parts.Length);
        }
    }

    /// <summary>Closes the node.</summary>
    public void Dispose() => _node.Dispose();

    private static DmaBufException Failure(Errno errno, int parts) => NativeError.Failure(errno, $"Making a dma-buf of {parts} parts of memory files ({Path})", errno switch
    {
        Errno.EINVAL => "What is known to be refused was looked for before the call: the kernel has a rule of its own, or the file changed meanwhile.",
        Errno.EBADFD => "A descriptor is no memory file.",
        _ => NativeError.CommonRemedy(errno),
    });
}
