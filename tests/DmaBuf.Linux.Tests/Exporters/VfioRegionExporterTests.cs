using DmaBuf.Linux.Tests.Vfio;
using DmaBuf.Testing;

namespace DmaBuf.Linux.Tests.Exporters;

/// <summary>A BAR as a buffer: the CPU reaches it like memory, and loses it without a fault.</summary>
[LabMachine(LabMachines.Devices)]
public sealed class VfioRegionExporterTests : LeakCheckedTest
{
    private static readonly DmaBufferImporter s_cpu = new("cpu");

    [Fact]
    public async Task It_passes_the_conformance_kit_when_the_cpu_maps_it()
    {
        using LabDevices lab = new();
        VfioRegion bar = (await lab.OpenAsync(LabDevices.SharedMemory)).Bar(2);
        MappingTypeConformance.Verify(() => new VfioRegionSubject(bar));
    }

    [Fact]
    public async Task The_cpu_reads_and_writes_the_part_that_was_exported()
    {
        using LabDevices lab = new();
        VfioRegion bar = (await lab.OpenAsync(LabDevices.SharedMemory)).Bar(2);
        using DmaBuffer buffer = VfioRegionExporter.Export(bar, [new VfioRegionRange(0x10000, 2 * LabDevices.Page)]);
        Assert.Equal(2 * LabDevices.Page, buffer.Size);
        using CpuAttachment attachment = buffer.Attach(s_cpu, CpuMappingType.Request(CpuAccess.ReadWrite));
        using CpuMapping mapping = attachment.MapCpu();
        using (CpuWriteLease lease = mapping.Write())
        {
            lease.Window(LabDevices.Page, 8).Fill(0x5a);
        }

        Assert.Equal(0x5a5a5a5a5a5a5a5aUL, bar.Read64(0x11000));
        bar.Write64(0x10008, 42);
        using CpuReadLease read = mapping.Read();
        Assert.Equal(42, read.Window(8, 1)[0]);
    }

    [Fact]
    public async Task Who_is_inside_at_the_deadline_of_a_reset_reads_zeros_instead_of_faulting_and_can_map_anew_after()
    {
        using LabDevices lab = new();
        VfioDevice device = await lab.OpenAsync(LabDevices.SharedMemory);
        device.Bar(2).Write64(0, 77);
        using DmaBuffer buffer = VfioRegionExporter.Export(device.Bar(2), [new VfioRegionRange(0, LabDevices.Page)]);
        using CpuAttachment attachment = buffer.Attach(s_cpu, CpuMappingType.Request(CpuAccess.Read));
        using CpuMapping mapping = attachment.MapCpu();
        VfioMemoryChange change = ResetWhileInside(device, mapping);
        Assert.Equal((RevokeOutcome.Forced, BufferPhase.Live), (change.Outcome, buffer.Phase));
        Assert.Empty(change.StayedRevoked);
        device.Bar(2).Write64(0, 78);
        using CpuMapping again = attachment.MapCpu();
        using CpuReadLease lease = again.Read();
        Assert.Equal(78, lease.Span[0]);
    }

    [Fact]
    public async Task A_bare_descriptor_is_refused_because_nobody_could_take_it_back_and_a_type_1_container_declines_device_memory()
    {
        using LabDevices lab = new();
        VfioDevice device = await lab.OpenAsync(LabDevices.SharedMemory);
        using DmaBuffer buffer = VfioRegionExporter.Export(device.Bar(2), [new VfioRegionRange(0, LabDevices.Page)]);
        Refused(Errno.EOPNOTSUPP, () => buffer.Attach(s_cpu, DescriptorMappingType.Request()));
        NegotiationFailedException declined = Assert.Throws<NegotiationFailedException>(() => new VfioTypeOneImporter(lab.Container).Attach(buffer));
        Assert.Contains("memory", declined.Message, StringComparison.Ordinal);
        Assert.Contains("Mmio", declined.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Registers_and_buffers_of_several_ranges_are_no_memory_for_spans()
    {
        using LabDevices lab = new();
        VfioDevice device = await lab.OpenAsync(LabDevices.SharedMemory);
        VfioDevice nvme = await lab.OpenAsync(LabDevices.Nvme);
        using DmaBuffer several = VfioRegionExporter.Export(device.Bar(2), [new VfioRegionRange(0, LabDevices.Page), new VfioRegionRange(0x10000, LabDevices.Page)]);
        using DmaBuffer registers = VfioRegionExporter.Export(nvme.Bar(0), [new VfioRegionRange(0, LabDevices.Page)]);
        Assert.Throws<NegotiationFailedException>(() => several.Attach(s_cpu, CpuMappingType.Request(CpuAccess.Read)));
        Assert.Throws<NegotiationFailedException>(() => registers.Attach(s_cpu, CpuMappingType.Request(CpuAccess.Read)));
    }

    [Fact]
    public async Task A_buffer_is_revoked_while_the_memory_is_off_also_one_that_was_exported_then_and_dead_after_a_close()
    {
        using LabDevices lab = new();
        VfioDevice device = await lab.OpenAsync(LabDevices.SharedMemory);
        using DmaBuffer before = VfioRegionExporter.Export(device.Bar(2), [new VfioRegionRange(0, LabDevices.Page)]);
        await device.DisableMemoryAsync(LabDevices.Deadline, Token);
        using DmaBuffer meanwhile = VfioRegionExporter.Export(device.Bar(2), [new VfioRegionRange(0, LabDevices.Page)]);
        Assert.Equal((BufferPhase.Revoked, BufferPhase.Revoked), (before.Phase, meanwhile.Phase));
        Refused(Errno.ENODEV, () => before.Attach(s_cpu, CpuMappingType.Request(CpuAccess.Read)));
        await device.EnableAsync(Token);
        Assert.Equal((BufferPhase.Live, BufferPhase.Live), (before.Phase, meanwhile.Phase));
        VfioMemoryChange closed = await device.CloseAsync(LabDevices.Deadline, Token);
        Assert.Equal(2, closed.Reports.Count);
        Refused(Errno.ENODEV, () => before.Attach(s_cpu, CpuMappingType.Request(CpuAccess.Read)));
        await RefusedAsync(Errno.ENODEV, () => before.UnrevokeAsync(Token).AsTask());
    }

    /// <summary>A lease stays on one thread's stack, so the reset is waited for on this one.</summary>
    private static VfioMemoryChange ResetWhileInside(VfioDevice device, CpuMapping mapping)
    {
        using CpuReadLease lease = mapping.Read();
        Assert.Equal(77, lease.Span[0]);
        Task<VfioMemoryChange> reset = Task.Run(() => device.ResetAsync(TimeSpan.FromMilliseconds(50), Token), Token);
#pragma warning disable xUnit1031 // the lease forbids an await
        VfioMemoryChange change = reset.GetAwaiter().GetResult();
#pragma warning restore xUnit1031
        Assert.Equal(0, lease.Span[0]);
        return change;
    }
}
