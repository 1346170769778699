using DmaBuf.Tests.Conformance;
using DmaBuf.Tests.Defects.Mutants;
using DmaBuf.Tests.Fakes;
using DmaBuf.Tests.Mappings.Conversion;
using static DmaBuf.Tests.Mappings.ScatterGather.TableTopology;

namespace DmaBuf.Tests.Defects;

/// <summary>
/// D-9 and D-10: a list goes back to the exporter that made it, once, whatever it was made into and however that ends. (The defects are the selftest exporter's;
/// the core's part is to call its unmap exactly once.)
/// </summary>
public sealed class ListOwnershipDefects : BufferFixture
{
    private static readonly PhysicalRange[] s_ranges = [Range(0x1_0000, 2 * Page), Range(0x4_0000, Page)];

    [Theory]
    [InlineData("list, unmapped")]
    [InlineData("list, left to dispose")]
    [InlineData("list, revoked")]
    [InlineData("table, unmapped")]
    [InlineData("table, left to dispose")]
    [InlineData("table, revoked")]
    [InlineData("domain, unmapped")]
    [InlineData("domain, left to dispose")]
    [InlineData("domain, revoked")]
    public void D_10_every_list_is_given_back(string life)
    {
        ListPool pool = new();
        DefectProof.Show<PoolExporter>(
            "a list is still out", new PoolExporter(s_ranges, pool, pool), new PoolExporter(s_ranges, new ListPool(), null), (exporter, defect) =>
            {
                Live(exporter, life);
                defect.AbsentIf(exporter.Pool.Live == 0, exporter.Pool.Live);
                Assert.Equal(0, exporter.Strays);
            });
    }

    [Fact]
    public void D_9_a_list_goes_back_where_it_came_from()
    {
        ListPool pool = new();
        DefectProof.Show<PoolExporter>(
            "the list went to a pool that it was not from", new PoolExporter(s_ranges, pool, pool), new PoolExporter(s_ranges, new ListPool(), new ListPool()), (exporter, defect) =>
            {
                Live(exporter, "list, unmapped");
                defect.AbsentIf(exporter.Strays == 0, exporter.Strays);
                Assert.Equal(0, exporter.Pool.Live);
            });
    }

    private void Live(PoolExporter exporter, string life)
    {
        string[] words = life.Split(", ");
        using PhysicalAddressAccess access = PhysicalAddressAccess.Grant("importer");
        using DmaBuffer buffer = Export(exporter, 3 * Page);
        using Attachment attachment = buffer.Attach(Importer, words[0] switch
        {
            "list" => PhysicalAddressListMappingType.Request(access),
            "table" => ScatterGatherMappingType.Request(new DirectDevice()),
            _ => (MappingRequest)IommuDomainMappingType.Request(new RecordingDomain()),
        });
        Mapping mapping = attachment switch
        {
            PhysicalAddressListAttachment lists => lists.MapPhysicalAddressList(),
            ScatterGatherAttachment tables => tables.MapScatterGather(DmaDirection.ToDevice),
            _ => ((IommuDomainAttachment)attachment).MapIommuDomain(new DmaAddress(0x10_0000), DmaDirection.ToDevice),
        };
        Assert.Equal(1, exporter.Pool.Live);
        switch (words[1])
        {
            case "unmapped":
                mapping.Dispose();
                break;
            case "left to dispose":
                attachment.Dispose();
                ExpectedProblems++;
                break;
            default:
                // Addresses that were seen can only be given up, so a list is quarantined until its importer unmaps.
                bool seen = attachment is PhysicalAddressListAttachment;
                Assert.Equal(seen ? RevokeOutcome.Quarantined : RevokeOutcome.Forced, Refusal.Ended(buffer.RevokeAsync(TimeSpan.Zero)).Outcome);
                ExpectedProblems += seen ? 1 : 0;
                break;
        }

        mapping.Dispose();
    }
}
