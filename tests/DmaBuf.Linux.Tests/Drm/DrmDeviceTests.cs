namespace DmaBuf.Linux.Tests;

/// <summary>The virtual GEM driver of a real kernel: dumb buffers, PRIME, and handles that are closed exactly once.</summary>
[LabMachine(LabMachines.Buffers)]
public sealed class DrmDeviceTests : LeakCheckedTest
{
    [Fact]
    public void A_device_says_what_it_is()
    {
        using DrmDevice card = BuffersLab.OpenVgem();
        using DrmDevice render = BuffersLab.OpenVgem(DrmNodeKind.Render);
        Assert.Equal(("vgem", DrmNodeKind.Card, false, true, true), (card.DriverName, card.Kind, card.HasDumbBuffers, card.CanImport, card.CanExport));
        Assert.Equal(DrmNodeKind.Render, render.Kind);
        Assert.True(card.Version.Major >= 1);
    }

    [Fact]
    public void A_dumb_buffer_and_its_dma_buf_are_the_same_bytes()
    {
        using DrmDevice vgem = BuffersLab.OpenVgem();
        using DrmBuffer dumb = vgem.CreateDumbBuffer(64, 16);
        Assert.Equal((256U, 4096UL), (dumb.Pitch, dumb.Length));
        using KernelBuffer exported = dumb.Export();
        Assert.Equal(("drm", 4096UL), (exported.ExporterName, exported.Length));
        BuffersLab.Fill(exported, static at => (byte)(at * 5));
        using MemoryMapping mapped = dumb.Map(MemoryProtection.Read);
        Assert.Equal(unchecked((byte)(4095 * 5)), mapped.ReadOnlyWindow(4095, 1)[0]);
    }

    [Fact]
    public void Foreign_buffers_come_in_and_go_out_as_the_buffers_that_they_were()
    {
        using DrmDevice vgem = BuffersLab.OpenVgem();
        foreach (KernelBuffer made in new[] { BuffersLab.Allocate(8192), BuffersLab.FromMemoryFile(8192) })
        {
            using KernelBuffer foreign = made;
            using DrmBuffer imported = vgem.Import(foreign);
            using KernelBuffer again = imported.Export();
            Assert.Equal((foreign.Identity, foreign.ExporterName), (again.Identity, again.ExporterName));
            DmaBufException refusal = Refused(Errno.EINVAL, () => imported.Map(MemoryProtection.Read));
            Assert.Contains("map the dma-buf", refusal.Message, StringComparison.Ordinal);
        }

        Assert.Equal(0, vgem.OpenHandles);
    }

    [Fact]
    public void Importing_what_the_device_knows_gives_its_handle_which_the_last_user_closes()
    {
        using DrmDevice vgem = BuffersLab.OpenVgem();
        DrmBuffer dumb = vgem.CreateDumbBuffer(64, 16);
        using KernelBuffer exported = dumb.Export();
        DrmBuffer own = vgem.Import(exported);
        Assert.Equal(dumb.Handle, own.Handle);
        dumb.Dispose();
        dumb.Dispose();
        Assert.Equal(1, vgem.OpenHandles);
        using (KernelBuffer still = own.Export())
        {
            Assert.Equal(exported.Identity, still.Identity);
        }

        own.Dispose();
        Assert.Equal(0, vgem.OpenHandles);
        Assert.Throws<ObjectDisposedException>(() => own.Export());
        DrmUapi.drm_gem_close close = new() { handle = own.Handle };
        Assert.Equal(Errno.EINVAL, DeviceCall.Try(vgem.Node, DrmUapi.DRM_IOCTL_GEM_CLOSE, ref close)); // closed, and not twice
    }

    [Fact]
    public void A_render_node_makes_and_maps_no_dumb_buffers()
    {
        using DrmDevice render = BuffersLab.OpenVgem(DrmNodeKind.Render);
        Assert.Contains("card node", Refused(Errno.EACCES, () => render.CreateDumbBuffer(64, 16)).Message, StringComparison.Ordinal);
        using KernelBuffer buffer = BuffersLab.Allocate(4096);
        using DrmBuffer imported = render.Import(buffer);
        Refused(Errno.EACCES, () => imported.Map(MemoryProtection.Read));
    }

    [Fact]
    public void Missing_forbidden_and_foreign_nodes_are_told_apart()
    {
        Assert.Contains("modprobe vgem", Refused(Errno.ENOENT, static () => DrmDevice.Open("/dev/dri/card99")).Message, StringComparison.Ordinal);
        Assert.Contains("no DRM node", Refused(Errno.ENOTTY, static () => DrmDevice.Open("/dev/null")).Message, StringComparison.Ordinal);
        string path = DrmDevice.FindPaths()[0];
        Assert.Contains(path, WithoutPrivilege.Run(() => Refused(Errno.EACCES, () => DrmDevice.Open(path))).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void A_dumb_buffer_without_lines_is_refused_by_the_driver()
    {
        using DrmDevice vgem = BuffersLab.OpenVgem();
        Refused(Errno.EINVAL, () => vgem.CreateDumbBuffer(0, 16));
        Assert.Equal(0, vgem.OpenHandles);
    }
}
