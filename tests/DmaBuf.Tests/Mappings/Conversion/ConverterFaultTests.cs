using DmaBuf.Tests.Conformance;
using DmaBuf.Tests.Fakes;
using DmaBuf.Tests.Mappings.ScatterGather;
using static DmaBuf.Tests.Mappings.ScatterGather.TableTopology;

namespace DmaBuf.Tests.Mappings.Conversion;

/// <summary>Every allocation between export and map fails once, for lists and for what converters make of them, and nothing is left (spec section 8, 9).</summary>
public sealed class ConverterFaultTests : BufferFixture
{
    private static readonly PhysicalRange[] s_ranges = [Range(0x1_0000, 2 * Page), Range(0x4_0000, Page)];

    [Theory]
    [InlineData("list", false, 4)]
    [InlineData("table", true, 6)]
    [InlineData("table", false, 6)]
    [InlineData("domain", false, 4)]
    public void Whichever_allocation_fails_nothing_is_left_and_the_next_try_succeeds(string type, bool hasBlocks, int steps)
    {
        PhysicalExporter exporter = new(s_ranges, new PhysicalAddressListOfferOptions
        {
            Kind = PhysicalMemoryKind.Ram,
            Converters = PhysicalAddressConverters.ScatterGather | PhysicalAddressConverters.IommuDomain,
        });
        FakeDmaDevice device = new() { HasBlocks = hasBlocks };
        RecordingDomain domain = new();
        int failures = 0;
        for (bool completed = false; !completed;)
        {
            int step = 0;
            using (FaultInjection.Install(_ => step++ == failures))
            {
                Exception? failure = Record.Exception(() => ExportAttachAndMap(exporter, type, device, domain));
                completed = failure is null;
                Assert.True(completed || failure is DmaBufException { Errno: Errno.ENOMEM }, failure?.ToString());
                failures += completed ? 0 : 1;
            }

            device.AssertClean();
            Assert.Equal((0, 0, 0), (exporter.LiveLists, domain.Mapped.Count, Registry.Count));
        }

        Assert.Equal(steps, failures);
        ExportAttachAndMap(exporter, type, device, domain);
        device.AssertClean();
    }

    private void ExportAttachAndMap(PhysicalExporter exporter, string type, FakeDmaDevice device, RecordingDomain domain)
    {
        using PhysicalAddressAccess access = PhysicalAddressAccess.Grant("importer");
        using DmaBuffer buffer = Export(exporter, 3 * Page);
        using Attachment attachment = buffer.Attach(Importer, type switch
        {
            "list" => PhysicalAddressListMappingType.Request(access),
            "table" => ScatterGatherMappingType.Request(device),
            _ => (MappingRequest)IommuDomainMappingType.Request(domain),
        });
        using Mapping mapping = attachment switch
        {
            PhysicalAddressListAttachment lists => lists.MapPhysicalAddressList(),
            ScatterGatherAttachment tables => tables.MapScatterGather(DmaDirection.ToDevice),
            _ => ((IommuDomainAttachment)attachment).MapIommuDomain(new DmaAddress(0x10_0000), DmaDirection.ToDevice),
        };
    }
}
