using System.Diagnostics;
using System.Globalization;
using System.Text;

namespace DmaBuf.Linux.Tests;

/// <summary>Real dma-bufs: what they say of themselves, their bytes, their brackets, and what the kernel refuses.</summary>
[LabMachine(LabMachines.Buffers)]
public sealed class KernelBufferTests(CompiledPeer peer) : LeakCheckedTest, IClassFixture<CompiledPeer>
{
    private const ulong Length = 8 << 20;

    [Fact]
    public void A_buffer_says_its_size_its_exporter_and_its_name()
    {
        using KernelBuffer buffer = BuffersLab.Allocate(Length);
        Assert.Equal((Length, "system", null, CpuAccess.ReadWrite), (buffer.Length, buffer.ExporterName, buffer.Name, buffer.Facts.Access));
        buffer.SetName("camera");
        Assert.Equal("camera", buffer.Name);
        buffer.SetName(new string('n', KernelBuffer.MaximumNameBytes));
        Assert.Equal(KernelBuffer.MaximumNameBytes, buffer.Name!.Length);
        Refused(Errno.EINVAL, () => buffer.SetName(new string('n', 40)));
        Refused(Errno.EINVAL, () => buffer.SetName("a\0b"));
        buffer.SetName("");
        Assert.Null(buffer.Name);
    }

    [Fact]
    public void Two_descriptors_of_a_buffer_are_one_buffer()
    {
        using KernelBuffer one = BuffersLab.Allocate(4096);
        using KernelBuffer same = KernelBuffer.Adopt(one.DuplicateDescriptor());
        using KernelBuffer other = BuffersLab.Allocate(4096);
        Assert.Equal(one.Identity, same.Identity);
        Assert.NotEqual(one.Identity, other.Identity);
    }

    [Fact]
    public void A_mapping_is_readable_after_the_descriptor_was_closed()
    {
        KernelBuffer buffer = BuffersLab.Allocate(Length);
        BuffersLab.Fill(buffer, static at => (byte)(at * 3));
        using MemoryMapping mapping = buffer.Map(MemoryProtection.Read);
        buffer.Dispose();
        Assert.Equal(unchecked((byte)(8191 * 3)), mapping.ReadOnlyWindow(8191, 1)[0]);
        Assert.Throws<ObjectDisposedException>(() => buffer.Name);
    }

    [Fact]
    public unsafe void The_kernel_refuses_writable_private_mappings_and_unknown_brackets()
    {
        using KernelBuffer buffer = BuffersLab.Allocate(Length); // of several pieces: one page alone the kernel does map so
        Assert.Equal(-1, Libc.mmap(0, (nuint)Length, Libc.PROT_READ | Libc.PROT_WRITE, Libc.MAP_PRIVATE, buffer.Descriptor, 0));
        Assert.Equal(Errno.EINVAL, NativeError.Last);
        DmaBufUapi.dma_buf_sync unknown = new() { flags = 0x100 };
        Assert.Equal(Errno.EINVAL, DeviceCall.Try(buffer.Descriptor, DmaBufUapi.DMA_BUF_IOCTL_SYNC, ref unknown));
        byte[] longName = [.. Encoding.ASCII.GetBytes(new string('n', 40)), 0];
        fixed (byte* pointer = longName)
        {
            Assert.Equal(Errno.EINVAL, DeviceCall.Try(buffer.Descriptor, DmaBufUapi.DMA_BUF_SET_NAME_B, pointer, out _));
        }

        Refused(Errno.EINVAL, () => buffer.BeginCpuAccess((DmaDirection)9));
    }

    [Fact]
    public void A_buffer_is_said_to_be_its_size_by_seeking_too()
    {
        using KernelBuffer buffer = BuffersLab.Allocate(Length);
        const int SeekEnd = 2;
        Assert.Equal((long)Length, Libc.lseek(buffer.Descriptor, 0, SeekEnd));
    }

    [Fact]
    public void Without_free_descriptors_the_limit_is_named()
    {
        using DmaHeap heap = DmaHeap.Open("system");
        using KernelBuffer buffer = heap.Allocate(4096);
        DmaBufException duplicating;
        DmaBufException allocating;
        using (DescriptorLimit.NoneMore())
        {
            duplicating = Refused(Errno.EMFILE, () => buffer.DuplicateDescriptor());
            allocating = Refused(Errno.EMFILE, () => heap.Allocate(4096));
        }

        Assert.Contains("ulimit -n", duplicating.Message, StringComparison.Ordinal);
        Assert.Contains("heap \"system\"", allocating.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_second_process_gets_the_buffer_reads_it_and_writes_into_it()
    {
        Assert.NotNull(CCompiler.Path);
        using KernelBuffer buffer = BuffersLab.Allocate(1 << 20);
        BuffersLab.Fill(buffer, static at => (byte)(at * 7));
        using DescriptorListener listener = DescriptorListener.Listen(peer.SocketAddress);
        using Process process = peer.Start("buffer", peer.SocketAddress, buffer.Length.ToString(CultureInfo.InvariantCulture));
        using DescriptorSocket socket = await listener.AcceptAsync(Token);
        await socket.SendAsync("buffer"u8.ToArray(), [buffer.Descriptor], Token);
        byte[] answer = new byte[64];
        using (DescriptorMessage? message = await socket.ReceiveAsync(answer, 0, Token))
        {
            Assert.Equal("ok", Encoding.UTF8.GetString(answer, 0, message!.Length));
        }

        await process.WaitForExitAsync(Token);
        byte[] turned = BuffersLab.Read(buffer);
        for (int at = 0; at < turned.Length; at++)
        {
            if (turned[at] != (byte)~(byte)(at * 7))
            {
                Assert.Fail($"Byte {at} is {turned[at]}.");
            }
        }
    }
}
