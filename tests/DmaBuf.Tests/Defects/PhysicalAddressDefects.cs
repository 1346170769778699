using DmaBuf.Tests.Defects.Mutants;
using DmaBuf.Tests.Fakes;
using static DmaBuf.Tests.Mappings.ScatterGather.TableTopology;

namespace DmaBuf.Tests.Defects;

/// <summary>Defects of spec 9 in what an importer of physical addresses gets to see, and when.</summary>
public sealed class PhysicalAddressDefects : BufferFixture
{
    private const ulong Half = 1UL << 51;

    private static readonly PhysicalRange[] s_sound = [Range(0x10_0000, 2 * Page), Range(0x40_0000, Page)];

    /// <summary>The lists that no importer may see (spec 5.6): the rule, its errno, the size of the buffer and the exporter's ranges.</summary>
    public static TheoryData<string, Errno, ulong, PhysicalRange[]> UnsoundLists { get; } = new()
    {
        { "P1 empty", Errno.EINVAL, Page, [] },
        { "P2 an entry without length", Errno.EINVAL, Page, [Range(0x1000, Page), Range(0x9000, 0)] },
        { "P3 an unaligned start", Errno.EINVAL, Page, [Range(0x1001, Page)] },
        { "P3 an unaligned length", Errno.EINVAL, 0x1800, [Range(0x1000, 0x1800)] },
        { "P4 a wrapping entry", Errno.EOVERFLOW, 2 * Page, [Range(0xFFFF_FFFF_FFFF_F000, 2 * Page)] },
        { "P5 a wrapping sum", Errno.EOVERFLOW, Page, [.. Enumerable.Repeat(Range(0, Half), 1 << 13), Range(0, Page)] },
        { "P6 too short", Errno.EINVAL, 4 * Page, s_sound },
        { "P6 too long", Errno.EINVAL, 2 * Page, s_sound },
        { "P9 too many entries", Errno.E2BIG, 0x1_0001 * Page, [.. Enumerable.Repeat(Range(0, Page), 0x1_0001)] },
        { "P11 above the machine", Errno.EINVAL, Page, [Range(1UL << 52, Page)] },
    };

    [Theory]
    [MemberData(nameof(UnsoundLists), DisableDiscoveryEnumeration = true)]
    public void D_5_an_unsound_list_goes_back_to_its_exporter_and_the_importer_sees_nothing(string rule, Errno errno, ulong size, PhysicalRange[] ranges)
    {
        using OurLentMemory ours = new(Registry, size, ranges);
        DefectProof.Show<ILentMemory>(
            $"the importer got the list: {rule}",
            ours,
            new FirstPostedBar(ranges),
            (memory, defect) =>
            {
                Assert.Equal((Errno.None, 0), (memory.Attach(), memory.LiveLists));
                Errno said = memory.MapList(out PhysicalRange[] seen);
                defect.AbsentIf(said != Errno.None);
                Assert.Equal(errno, said);
                Assert.Empty(seen);
                Assert.Equal(0, memory.LiveLists);
            });
    }

    [Fact]
    public void D_11_a_list_of_revoked_memory_is_ENODEV()
    {
        using OurLentMemory ours = new(Registry, 3 * Page, s_sound);
        DefectProof.Show<ILentMemory>(
            "the importer got addresses of memory that was revoked",
            ours,
            new FirstPostedBar(s_sound),
            static (memory, defect) =>
            {
                AssertShown(s_sound, memory);
                memory.Move(revoked: true);
                Assert.Equal((Errno.ENODEV, Errno.ENODEV), (memory.Attach(), memory.MapTable()));
                Errno said = memory.MapList(out PhysicalRange[] seen);
                defect.AbsentIf(said == Errno.ENODEV && seen is [], said);
                Assert.Equal(0, memory.LiveLists);
                memory.Move(revoked: false);
                Assert.Equal((Errno.None, Errno.None), (memory.Attach(), memory.MapTable()));
                AssertShown(s_sound, memory);
            });
    }

    [Fact]
    public void D_31_a_range_that_was_given_twice_is_shown_twice_unless_the_strict_limits_refuse_it()
    {
        PhysicalRange[] twice = [Range(0x10_0000, 2 * Page), Range(0x10_0000, 2 * Page)];
        using (OurLentMemory lenient = new(Registry, 4 * Page, twice))
        {
            AssertShown(twice, lenient);
            Assert.Equal(Errno.None, lenient.MapTable());
        }

        using OurLentMemory strict = new(Registry, 4 * Page, twice, new PhysicalAddressListLimits { RejectOverlaps = true });
        DefectProof.Show<ILentMemory>(
            "there is no way to refuse it",
            strict,
            new FirstPostedBar(twice),
            static (memory, defect) =>
            {
                Assert.Equal((Errno.None, 0), (memory.Attach(), memory.LiveLists));
                defect.AbsentIf(memory.MapList(out _) == Errno.EINVAL);
                Assert.Equal(0, memory.LiveLists);
            });
    }

    private static void AssertShown(PhysicalRange[] expected, ILentMemory memory)
    {
        Assert.Equal(Errno.None, memory.MapList(out PhysicalRange[] seen));
        Assert.Equal(expected, seen);
        memory.UnmapList();
        Assert.Equal(0, memory.LiveLists);
    }
}
