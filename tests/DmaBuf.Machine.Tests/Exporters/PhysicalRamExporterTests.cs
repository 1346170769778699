using System.Security.Cryptography;

namespace DmaBuf.Machine.Tests;

public sealed class PhysicalRamExporterTests
{
    private static readonly DmaBufferImporter Importer = new("test device");

    private readonly ExporterBench _bench = new();

    public static TheoryData<string> AllEngines => DmaEngineDeviceTests.AllEngines;

    [Theory]
    [MemberData(nameof(AllEngines))]
    public void A_device_moves_bytes_through_the_converted_table_and_faults_after_unmap(string name)
    {
        DmaEngineDevice engine = _bench.Machine.GetEngine(name);
        using (DmaBuffer buffer = _bench.PhysicalRam())
        {
            using ScatterGatherAttachment attachment = buffer.Attach(Importer, ScatterGatherMappingType.Request(engine));
            DmaRange[] table;
            using (ScatterGatherMapping mapping = attachment.MapScatterGather(DmaDirection.Bidirectional))
            {
                table = ExporterBench.RangesOf(mapping);
                _bench.MoveBothWays(engine, buffer, table);
            }

            _bench.ExpectUnreachable(engine, table);
        }

        _bench.ExpectNothingLeft();
    }

    [Fact]
    public void A_domain_of_the_importers_own_leads_to_the_bytes_until_unmap()
    {
        DmaEngineDevice engine = _bench.Machine.GetEngine(SampleMachine.IommuEngine);
        SoftwareIommuDomain domain = _bench.Machine.GetIommu(SampleMachine.Iommu).CreateDomain("guest");
        engine.AttachDomain(domain);
        using (DmaBuffer buffer = _bench.PhysicalRam())
        {
            using IommuDomainAttachment attachment = buffer.Attach(Importer, IommuDomainMappingType.Request(domain));
            DmaRange[] range;
            using (IommuDomainMapping mapping = attachment.MapIommuDomain(new DmaAddress(0x40_0000), DmaDirection.Bidirectional))
            {
                range = [mapping.Range];
                _bench.MoveBothWays(engine, buffer, range);
            }

            _bench.ExpectUnreachable(engine, range);
        }

        Assert.Equal(0UL, domain.MappedBytes);
        _bench.ExpectNothingLeft();
    }

    [Fact]
    public async Task A_revoke_at_its_deadline_takes_the_entries_out_of_the_importers_domain_and_no_others()
    {
        DmaEngineDevice engine = _bench.Machine.GetEngine(SampleMachine.IommuEngine);
        SoftwareIommuDomain domain = _bench.Machine.GetIommu(SampleMachine.Iommu).CreateDomain("guest");
        engine.AttachDomain(domain);
        PhysicalRange own = _bench.Machine.Ram.AllocateContiguous(4096);
        domain.Map(new DmaAddress(0x1000), own, DmaDirection.Bidirectional, DmaAttributes.None);
        using (DmaBuffer buffer = _bench.PhysicalRam())
        {
            using IommuDomainAttachment attachment = buffer.Attach(Importer, IommuDomainMappingType.Request(domain));
            IommuDomainMapping mapping = attachment.MapIommuDomain(new DmaAddress(0x40_0000), DmaDirection.Bidirectional);
            RevokeReport report = await buffer.RevokeAsync(TimeSpan.Zero, TestContext.Current.CancellationToken);
            Assert.Equal(RevokeOutcome.Forced, report.Outcome);
            _bench.ExpectUnreachable(engine, [mapping.Range]);

            // The address is the importer's again at once, and the late unmap leaves alone what it put there.
            domain.Map(mapping.Range.Start, own, DmaDirection.Bidirectional, DmaAttributes.None);
            mapping.Dispose();
            Assert.Equal(8192UL, domain.MappedBytes);
        }

        _bench.Machine.Ram.Free(own);
        _bench.ExpectNothingLeft();
    }

    [Fact]
    public void An_importer_that_may_see_physical_addresses_finds_the_bytes_there()
    {
        using PhysicalAddressAccess access = PhysicalAddressAccess.Grant("test");
        using DmaBuffer buffer = _bench.PhysicalRam();
        using PhysicalAddressListAttachment attachment = buffer.Attach(Importer, PhysicalAddressListMappingType.Request(access));
        using PhysicalAddressListMapping mapping = attachment.MapPhysicalAddressList();
        using PhysicalAddressListLease lease = mapping.ReadList();
        Assert.Equal(13, lease.Entries.Length);
        using IncrementalHash hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        byte[] page = new byte[4096];
        foreach (PhysicalRange range in lease.Entries)
        {
            _bench.Machine.Memory.Read(range.Start, page);
            hash.AppendData(page);
        }

        Assert.Equal(SHA256.HashData(_bench.Contents), hash.GetHashAndReset());
    }
}
