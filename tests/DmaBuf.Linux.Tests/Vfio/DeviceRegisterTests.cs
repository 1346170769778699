using System.Reflection;

namespace DmaBuf.Linux.Tests.Vfio;

/// <summary>Register accesses keep their width.</summary>
public sealed unsafe class DeviceRegisterTests
{
    [Fact]
    public void No_accessor_can_be_inlined_into_a_caller_that_looks_at_a_part_only()
    {
        MethodInfo[] accessors = typeof(DeviceRegister).GetMethods(BindingFlags.Static | BindingFlags.NonPublic | BindingFlags.DeclaredOnly);
        Assert.Equal(8, accessors.Length);
        Assert.All(accessors, accessor => Assert.True(accessor.MethodImplementationFlags.HasFlag(MethodImplAttributes.NoInlining), accessor.Name));
    }

    [Fact]
    public void Each_width_reads_what_it_wrote()
    {
        ulong cell = 0;
        DeviceRegister.Write64(&cell, 0x0123456789abcdef);
        Assert.Equal((0x0123456789abcdefUL, 0x89abcdefU, 0xcdef, 0xef), (DeviceRegister.Read64(&cell), DeviceRegister.Read32((uint*)&cell), DeviceRegister.Read16((ushort*)&cell), DeviceRegister.Read8((byte*)&cell)));
        DeviceRegister.Write8((byte*)&cell, 0x11);
        DeviceRegister.Write16((ushort*)&cell + 1, 0x2222);
        DeviceRegister.Write32((uint*)&cell + 1, 0x33333333);
        Assert.Equal(0x333333332222cd11UL, cell);
    }
}
