using DmaBuf.Testing;
using Microsoft.Win32.SafeHandles;

namespace DmaBuf.Linux.Tests.Exporters;

/// <summary>A sealed memory file, exported, attached and mapped: real memory through every layer.</summary>
public sealed class MemoryFileExporterTests : IDisposable
{
    private readonly LeakCheck _leaks = LeakCheck.Start();
    private readonly DmaBufferImporter _importer = new("test");

    public void Dispose() => _leaks.Verify();

    [Fact]
    public void Sealed_memory_passes_the_conformance_kit_when_the_CPU_maps_it() => MappingTypeConformance.Verify(static () => new MemoryFileSubject.Cpu());

    [Fact]
    public void Sealed_memory_passes_the_conformance_kit_when_its_descriptor_is_passed_on()
        => MappingTypeConformance.Verify(static () => new MemoryFileSubject.Descriptor());

    [Fact]
    public void No_exporter_of_kernel_memory_is_left_out_of_the_conformance_kit()
        => Assert.Equal(
            [typeof(KernelBufferExporter), typeof(MemoryFileExporter), typeof(VfioRegionExporter)], // the first and the last in the lab: KernelBufferExporterTests, VfioRegionExporterTests
            typeof(MemoryFileExporter).Assembly.GetExportedTypes().Where(static type => typeof(DmaBufferExporter).IsAssignableFrom(type) && !type.IsAbstract)
                .OrderBy(static type => type.Name, StringComparer.Ordinal));

    [Fact]
    public void The_importer_reads_what_the_exporter_wrote_without_a_copy()
    {
        using DmaBuffer buffer = Export([1, 2, 3], MemorySeals.ReadOnly);
        using CpuAttachment attachment = buffer.Attach(_importer, CpuMappingType.Request());
        using CpuMapping mapping = attachment.MapCpu();
        using CpuReadLease lease = mapping.Read();
        Assert.Equal([1, 2, 3], lease.Span.ToArray());
        Assert.Equal(MappingCost.None, mapping.Cost);
    }

    [Fact]
    public void A_write_through_one_mapping_is_seen_through_another()
    {
        using DmaBuffer buffer = Export(new byte[4096], MemorySeals.FixedSize);
        using CpuAttachment writer = buffer.Attach(_importer, CpuMappingType.Request(CpuAccess.ReadWrite));
        using CpuAttachment reader = buffer.Attach(_importer, CpuMappingType.Request(CpuAccess.Read));
        using CpuMapping written = writer.MapCpu();
        using CpuMapping read = reader.MapCpu();
        using (CpuWriteLease lease = written.Write())
        {
            lease.Span[4095] = 77;
        }

        using CpuReadLease seen = read.Read();
        Assert.Equal(77, seen.Span[4095]);
        Assert.Equal(Errno.EPERM, Assert.Throws<DmaBufException>(() => read.Write().Dispose()).Errno);
    }

    [Fact]
    public void Write_access_to_write_sealed_memory_is_declined_with_a_remedy_that_works()
    {
        using DmaBuffer buffer = Export(new byte[4096], MemorySeals.ReadOnly);
        NegotiationFailedException failure = Assert.Throws<NegotiationFailedException>(
            () => buffer.Attach(_importer, CpuMappingType.Request(CpuAccess.ReadWrite)));
        MatchDecline decline = failure.Negotiation.Pairs.Single(static pair => pair.Decline is not null).Decline!;
        Assert.Equal(new MatchDecline("access", "Read", "ReadWrite"), decline);
        Assert.Equal("ask for Read access", Assert.Single(failure.Negotiation.Remedies).Change);
        buffer.Attach(_importer, CpuMappingType.Request(CpuAccess.Read)).Detach();
    }

    [Fact]
    public void A_descriptor_of_the_buffer_can_be_adopted_and_shows_the_same_bytes()
    {
        using DmaBuffer buffer = Export([9, 8, 7], MemorySeals.ReadOnly);
        using DescriptorAttachment attachment = buffer.Attach(
            _importer, DescriptorMappingType.Request(new DescriptorNeeds { RequiredSeals = DescriptorSeals.Shrink | DescriptorSeals.FutureWrite }));
        DescriptorMapping mapping = attachment.MapDescriptor();
        using (DescriptorLease lease = mapping.Borrow())
        {
            SafeFileHandle duplicate = new(lease.Handle.DangerousGetHandle(), ownsHandle: false);
            using MemoryFile received = MemoryFile.Adopt(duplicate, new MemoryFileRequirements { MinimumLength = 3, ReadOnly = true });
            using MemoryMapping seen = received.Map(MemoryProtection.Read);
            Assert.Equal([9, 8, 7], seen.ReadOnlyWindow(0, 3).ToArray());
        }

        mapping.Dispose();
    }

    [Fact]
    public void Memory_that_can_be_truncated_is_not_exported_and_stays_the_callers()
    {
        using MemoryFile file = MemoryFile.Create("unsealed", 4096);
        DmaBufException failure = Assert.Throws<DmaBufException>(() => MemoryFileExporter.Export(file));
        Assert.Equal(Errno.EPERM, failure.Errno);
        Assert.Equal(4096UL, file.Length);
        Assert.False(file.Descriptor.IsClosed);
    }

    [Fact]
    public async Task A_forced_revoke_replaces_the_pages_of_those_who_read()
    {
        using DmaBuffer buffer = Export([5], MemorySeals.ReadOnly);
        using CpuAttachment attachment = buffer.Attach(_importer, CpuMappingType.Request());
        CpuMapping mapping = attachment.MapCpu();
        Task<RevokeReport> revoke = ReadAcrossRevoke(buffer, mapping, out byte before, out byte after);
        Assert.Equal((5, 0), (before, after));
        RevokeReport report = await revoke;
        Assert.Equal(RevokeOutcome.Forced, report.Outcome);
        Assert.Equal(1, Assert.Single(report.Attachments).Accesses);
        mapping.Dispose();
    }

    private static Task<RevokeReport> ReadAcrossRevoke(DmaBuffer buffer, CpuMapping mapping, out byte before, out byte after)
    {
        using CpuReadLease lease = mapping.Read();
        before = lease.Span[0];
        Task<RevokeReport> revoke = buffer.RevokeAsync(TimeSpan.Zero).AsTask();
        Assert.Equal(0, Task.WaitAny([revoke], TimeSpan.FromSeconds(20)));
        after = lease.Span[0];
        return revoke;
    }

    private static DmaBuffer Export(byte[] bytes, MemorySeals seals)
    {
        MemoryFile file = MemoryFile.Create("test", (ulong)bytes.Length);
        using (MemoryMapping mapping = file.Map(MemoryProtection.ReadWrite))
        {
            bytes.CopyTo(mapping.Window(0, bytes.Length));
        }

        file.Seal(seals);
        return MemoryFileExporter.Export(file);
    }
}
