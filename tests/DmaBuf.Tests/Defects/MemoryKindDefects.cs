using DmaBuf.Tests.Conformance;
using DmaBuf.Tests.Fakes;
using DmaBuf.Tests.Mappings.Conversion;
using static DmaBuf.Tests.Mappings.ScatterGather.TableTopology;

namespace DmaBuf.Tests.Defects;

/// <summary>D-14: that memory is a device's belongs to the list, and every page table that is filled from it says so.</summary>
public sealed class MemoryKindDefects : BufferFixture
{
    private static readonly DmaAddress s_address = new(0x10_0000);

    [Fact]
    public void D_14_a_second_domain_gets_the_kind_of_memory_that_the_first_one_got()
    {
        PhysicalRange[] ranges = [Range(0x10_0000, 2 * Page), Range(0x40_0000, Page)];
        using DmaBuffer buffer = Export(
            new PhysicalExporter(ranges, new PhysicalAddressListOfferOptions { Converters = PhysicalAddressConverters.IommuDomain }), 3 * Page);
        DefectProof.Show<Func<RecordingDomain, RecordingDomain, Action>>(
            "the second domain takes a device's memory for the CPU's",
            (first, second) => Map(buffer, first) + Map(buffer, second),
            (first, second) =>
            {
                FillFromTheList(first, ranges);
                FillFromTheFrames(second, first);
                return static () => { };
            },
            static (fill, defect) =>
            {
                RecordingDomain first = new();
                RecordingDomain second = new();
                Action undo = fill(first, second);
                (ulong, PhysicalRange, DmaAttributes)[][] pages = [Pages(first), Pages(second)];
                undo();
                Assert.Equal(2, pages[0].Length);
                Assert.All(pages[0], static page => Assert.Equal(DmaAttributes.Mmio, page.Item3));
                Assert.Equal(pages[0].Select(static page => (page.Item1, page.Item2)), pages[1].Select(static page => (page.Item1, page.Item2)));
                defect.AbsentIf(pages[1].All(static page => page.Item3 == DmaAttributes.Mmio));
                Assert.Equal((0, 0), (first.Mapped.Count, second.Mapped.Count));
            });
    }

    private Action Map(DmaBuffer buffer, RecordingDomain domain)
    {
        IommuDomainAttachment attachment = buffer.Attach(Importer, IommuDomainMappingType.Request(domain));
        return attachment.MapIommuDomain(s_address, DmaDirection.Bidirectional).Dispose + (Action)attachment.Dispose;
    }

    private static (ulong Address, PhysicalRange Range, DmaAttributes Attributes)[] Pages(RecordingDomain domain)
        => [.. domain.Mapped.Select(static entry => (entry.Key, entry.Value.Range, entry.Value.Attributes))];

    private static void FillFromTheList(RecordingDomain domain, PhysicalRange[] ranges)
    {
        ulong mapped = 0;
        foreach (PhysicalRange range in ranges)
        {
            domain.Map(new DmaAddress(s_address.Value + mapped), range, DmaDirection.Bidirectional, DmaAttributes.Mmio);
            mapped += range.Length;
        }
    }

    /// <summary>The first posted importer's second domain: frames read back from the first, which it marks as CPU memory.</summary>
    private static void FillFromTheFrames(RecordingDomain domain, RecordingDomain filled)
    {
        foreach ((ulong address, (PhysicalRange Range, DmaAttributes Attributes) page) in filled.Mapped)
        {
            domain.Map(new DmaAddress(address), page.Range, DmaDirection.Bidirectional, DmaAttributes.None);
        }
    }
}
