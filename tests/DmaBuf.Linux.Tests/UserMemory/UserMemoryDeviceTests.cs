namespace DmaBuf.Linux.Tests;

/// <summary>The udmabuf driver of a real kernel: the same bytes, and the refusals that were predicted.</summary>
[LabMachine(LabMachines.Buffers)]
public sealed class UserMemoryDeviceTests : LeakCheckedTest
{
    [Fact]
    public void A_list_shows_its_parts_one_after_the_other()
    {
        using MemoryFile one = BuffersLab.Sealed(8192);
        using MemoryFile other = BuffersLab.Sealed(4096);
        Write(one, 0, 1);
        Write(one, 4096, 2);
        Write(other, 0, 3);
        using UserMemoryDevice device = UserMemoryDevice.Open();
        using KernelBuffer buffer = device.Create([new(one, 4096, 4096), new(other, 0, 4096), new(one, 0, 4096)]);
        Assert.Equal(("udmabuf", 12288UL), (buffer.ExporterName, buffer.Length));
        byte[] bytes = BuffersLab.Read(buffer);
        Assert.Equal((2, 3, 1), (bytes[0], bytes[4096], bytes[8192]));
    }

    [Fact]
    public void A_page_that_nobody_had_touched_keeps_what_came_through_the_buffer()
    {
        using MemoryFile file = BuffersLab.Sealed(8192);
        using UserMemoryDevice device = UserMemoryDevice.Open();
        using KernelBuffer buffer = device.Create(UserMemoryPart.Whole(file));
        BuffersLab.Fill(buffer, static at => 9);
        using MemoryMapping mapping = file.Map(MemoryProtection.Read);
        Assert.False(mapping.ReadOnlyWindow(0, 8192).ContainsAnyExcept((byte)9));
    }

    [Fact]
    public void Huge_pages_are_taken()
    {
        using KernelBuffer buffer = BuffersLab.FromHugePages(4 << 20);
        BuffersLab.Fill(buffer, static at => (byte)(at >> 12));
        Assert.Equal(unchecked((byte)((3 << 20) >> 12)), BuffersLab.Read(buffer)[3 << 20]);
    }

    [Theory]
    [InlineData(MemorySeals.None, 0UL, 4096UL)]
    [InlineData(MemorySeals.Shrink | MemorySeals.Write, 0UL, 4096UL)]
    [InlineData(MemorySeals.Shrink | MemorySeals.FutureWrite, 0UL, 4096UL)]
    [InlineData(MemorySeals.Shrink, 1UL, 4096UL)]
    [InlineData(MemorySeals.Shrink, 0UL, 4095UL)]
    [InlineData(MemorySeals.Shrink, 0UL, 0UL)]
    [InlineData(MemorySeals.Shrink, 4096UL, 16384UL)]
    public void What_is_predicted_to_be_refused_the_kernel_refuses(MemorySeals seals, ulong offset, ulong length)
    {
        using MemoryFile file = BuffersLab.Sealed(16384, seals);
        using UserMemoryDevice device = UserMemoryDevice.Open();
        Refused(Errno.EINVAL, () => device.Create(new UserMemoryPart(file, offset, length)));

        using Microsoft.Win32.SafeHandles.SafeFileHandle node = DeviceNode.Open(UserMemoryDevice.Path, "");
        UdmabufUapi.udmabuf_create request = new()
        {
            memfd = (uint)file.Descriptor.DangerousGetHandle(),
            flags = UdmabufUapi.UDMABUF_FLAGS_CLOEXEC,
            offset = offset,
            size = length,
        };
        Assert.Equal(Errno.EINVAL, DeviceCall.Try(node, UdmabufUapi.UDMABUF_CREATE, ref request));
    }

    [Fact]
    public void The_limits_of_the_module_are_read_and_kept()
    {
        UserMemoryLimits limits = UserMemoryLimits.Read();
        Assert.True(limits.MaximumParts is > 0 and < uint.MaxValue);
        using MemoryFile file = BuffersLab.Sealed(4096);
        using UserMemoryDevice device = UserMemoryDevice.Open();
        UserMemoryPart[] most = [.. Enumerable.Repeat(UserMemoryPart.Whole(file), (int)limits.MaximumParts)];
        device.Create(most).Dispose();
        Refused(Errno.EINVAL, () => device.Create([.. most, most[0]]));
    }

    [Fact]
    public void An_ordinary_user_is_told_whom_to_ask() =>
        Assert.Contains("/dev/udmabuf", WithoutPrivilege.Run(static () => Refused(Errno.EACCES, static () => UserMemoryDevice.Open())).Message, StringComparison.Ordinal);

    private static void Write(MemoryFile file, ulong offset, byte value)
    {
        using MemoryMapping mapping = file.Map(MemoryProtection.ReadWrite);
        mapping.Window(offset, 1)[0] = value;
    }
}
