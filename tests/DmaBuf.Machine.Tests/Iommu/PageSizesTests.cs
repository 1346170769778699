using CsCheck;

namespace DmaBuf.Machine.Tests;

public sealed class PageSizesTests
{
    private const ulong Small = 4096;
    private const ulong Large = 2UL << 20;
    private const ulong Huge = 1UL << 30;

    private readonly SoftwareIommu _iommu = SoftwareMachine.CreateSample().GetIommu(SampleMachine.Iommu);

    [Theory]
    [InlineData(0x4000_0000UL, 0x8000_0000UL, Huge, Huge)]
    [InlineData(0x4000_0000UL, 0x8020_0000UL, Huge, Large)]
    [InlineData(0x4020_0000UL, 0x8000_0000UL, Huge, Large)]
    [InlineData(0x4000_0000UL, 0x8000_0000UL, Huge - Small, Large)]
    [InlineData(0x4000_0000UL, 0x8000_1000UL, Huge, Small)]
    [InlineData(0x4000_1000UL, 0x8000_0000UL, Huge, Small)]
    [InlineData(0x4000_0000UL, 0x8000_0000UL, Large, Large)]
    [InlineData(0x4000_0000UL, 0x8000_0000UL, Large - Small, Small)]
    public void The_largest_page_that_both_addresses_and_the_length_allow_is_used(ulong address, ulong physical, ulong length, ulong page)
    {
        SoftwareIommuDomain domain = _iommu.CreateDomain("sizes");
        Map(domain, address, physical, length);
        Assert.Equal(page, At(domain, address).PageSize);
        Assert.Equal(length, domain.MappedBytes);
        AssertRun(domain, address, physical, length);
        domain.Unmap(new DmaRange(new DmaAddress(0), ulong.MaxValue));
        AssertEmpty(domain);
    }

    [Fact]
    public void A_run_with_ragged_ends_uses_large_pages_in_its_middle()
    {
        SoftwareIommuDomain domain = _iommu.CreateDomain("ragged");
        ulong start = Huge - Large - Small;
        Map(domain, start, Huge + start, Small + Large + Huge + Large + Small);
        Assert.Equal(
            [Small, Large, Huge, Large, Small],
            new[] { start, Huge - Large, Huge, 2 * Huge, (2 * Huge) + Large }.Select(address => At(domain, address).PageSize));
        AssertRun(domain, start, Huge + start, Small + Large + Huge + Large + Small);
        domain.Unmap(new DmaRange(new DmaAddress(start), (2 * Small) + (2 * Large) + Huge));
        AssertEmpty(domain);
    }

    [Fact]
    public void Unmapping_a_part_splits_a_huge_page_and_mapping_it_again_merges_it()
    {
        SoftwareIommuDomain domain = _iommu.CreateDomain("split");
        Map(domain, Huge, 4 * Huge, Huge);
        DmaRange hole = new(new DmaAddress(Huge + (5 * Large) + (7 * Small)), 3 * Small);
        domain.Unmap(hole);
        Assert.Equal((2L, 0L), (domain.Statistics.Splits, domain.Statistics.Merges));
        Assert.Equal(Huge - (3 * Small), domain.MappedBytes);
        Assert.False(domain.TryTranslate(hole.Start, out _));
        Assert.False(domain.TryTranslate(new DmaAddress(hole.Start.Value + (3 * Small) - 1), out _));
        Assert.Equal(Small, At(domain, hole.Start.Value - 1).PageSize);
        Assert.Equal(Large, At(domain, Huge).PageSize);
        AssertRun(domain, Huge, 4 * Huge, (5 * Large) + (7 * Small));
        AssertRun(domain, hole.Start.Value + hole.Length, (3 * Huge) + hole.Start.Value + hole.Length, Huge - (5 * Large) - (10 * Small));

        Map(domain, hole.Start.Value, (3 * Huge) + hole.Start.Value, 3 * Small);
        Assert.Equal((2L, 2L), (domain.Statistics.Splits, domain.Statistics.Merges));
        Assert.Equal(Huge, At(domain, hole.Start.Value).PageSize);
        Assert.Equal(2, domain.Statistics.Tables);
        domain.Unmap(new DmaRange(new DmaAddress(Huge), Huge));
        AssertEmpty(domain);
    }

    [Theory]
    [InlineData(0UL, DmaDirection.ToDevice, DmaAttributes.None)]
    [InlineData(0UL, DmaDirection.Bidirectional, DmaAttributes.Mmio)]
    [InlineData(Small, DmaDirection.Bidirectional, DmaAttributes.None)]
    public void Pages_that_differ_in_permission_kind_or_place_do_not_merge(ulong shift, DmaDirection direction, DmaAttributes attributes)
    {
        SoftwareIommuDomain domain = _iommu.CreateDomain("different");
        Map(domain, Large, 4 * Large, Large - Small);
        domain.Map(
            new DmaAddress((2 * Large) - Small), new PhysicalRange(new PhysicalAddress((5 * Large) - Small + shift), Small), direction, attributes);
        Assert.Equal(0, domain.Statistics.Merges);
        Assert.Equal(Small, At(domain, Large).PageSize);
        IoTranslation last = At(domain, (2 * Large) - Small);
        Assert.Equal((direction, attributes, (5 * Large) - Small + shift), (last.Direction, last.Attributes, last.Physical.Value));
    }

    [Fact]
    public void A_domain_without_huge_pages_maps_every_page_by_itself()
    {
        SoftwareIommuDomain domain = _iommu.CreateDomain("small", usesHugePages: false);
        Map(domain, Huge, 4 * Huge, 2 * Large);
        Assert.Equal(Small, At(domain, Huge).PageSize);
        AssertRun(domain, Huge, 4 * Huge, 2 * Large);
        domain.Unmap(new DmaRange(new DmaAddress(Huge), Small));
        Map(domain, Huge, 4 * Huge, Small);
        Assert.Equal((0L, 0L), (domain.Statistics.Splits, domain.Statistics.Merges));
        domain.Unmap(new DmaRange(new DmaAddress(Huge), 2 * Large));
        AssertEmpty(domain);
    }

    [Fact]
    public void Pages_of_2_KiB_translate_split_and_merge_like_those_of_4_KiB()
    {
        SoftwareIommuDomain domain = HalfPages().CreateDomain("half");
        Assert.Equal(2048UL, domain.PageSize);
        Map(domain, 0x800, 0x10_1800, 0x1000);
        Assert.Equal(0x10_1FFFUL, At(domain, 0xFFF).Physical.Value);
        Assert.Equal(0x10_2000UL, At(domain, 0x1000).Physical.Value);
        Assert.Equal(2048UL, At(domain, 0x1000).PageSize);
        Expect.Fails(Errno.EINVAL, () => Map(domain, 0x2400, 0x10_0000, 0x800));
        Expect.Fails(Errno.EINVAL, () => Map(domain, 0x2800, 0x10_0400, 0x800));
        Expect.Fails(Errno.EINVAL, () => Map(domain, 0x2800, 0x10_0000, 0x400));
        domain.Unmap(new DmaRange(new DmaAddress(0x800), 0x1000));
        AssertEmpty(domain);

        Map(domain, Large, 2 * Large, Large);
        domain.Unmap(new DmaRange(new DmaAddress(Large + 0x800), 0x800));
        Assert.Equal(Large - 0x800, domain.MappedBytes);
        Assert.Equal(2048UL, At(domain, Large).PageSize);
        Map(domain, Large + 0x800, (2 * Large) + 0x800, 0x800);
        Assert.Equal(Large, At(domain, Large).PageSize);
        Assert.Equal(1, domain.Statistics.Merges);
    }

    [Fact]
    public void Other_smallest_pages_and_apertures_beyond_48_bits_are_refused()
    {
        DmaRange aperture = new(new DmaAddress(0x1000), 0x1000);
        foreach (ulong page in new ulong[] { 0, 1024, 3000, 8192 })
        {
            Expect.Fails(Errno.EINVAL, () => new SoftwareMachineBuilder().AddIommu("iommu", aperture, page));
        }

        Expect.Fails(Errno.EINVAL, () => new SoftwareMachineBuilder().AddIommu("iommu", new DmaRange(new DmaAddress(1UL << 48), 0x1000)));
        SoftwareIommuDomain domain = _iommu.CreateDomain("end");
        Expect.Fails(Errno.EINVAL, () => Map(domain, (1UL << 48) - Small, Huge, 2 * Small));
        Expect.Fails(Errno.EINVAL, () => Map(domain, 1UL << 48, Huge, Small));
        Map(domain, (1UL << 48) - Small, Huge, Small);
        Assert.Equal(Huge, At(domain, (1UL << 48) - Small).Physical.Value);
        Assert.False(domain.TryTranslate(new DmaAddress(1UL << 48), out _));
        Assert.False(domain.TryTranslate(new DmaAddress(ulong.MaxValue), out _));
        domain.Unmap(new DmaRange(new DmaAddress((1UL << 48) - 1), ulong.MaxValue));
        AssertEmpty(domain);
    }

    [Theory]
    [InlineData(true, 4096UL)]
    [InlineData(false, 4096UL)]
    [InlineData(true, 2048UL)]
    public void Any_sequence_of_runs_agrees_with_a_dictionary_of_pages(bool hugePages, ulong smallest)
    {
        // Addresses near the borders of 2 MiB and 1 GiB, so that runs cross them, join and split.
        ulong[] starts = [0, Large - (3 * smallest), Large, (2 * Large) - smallest, Huge - Large, Huge - smallest, Huge, Huge + Large, Huge + (2 * Large) - smallest];
        ulong[] lengths = [smallest, 2 * smallest, 3 * smallest, Large - smallest, Large, Large + smallest, 2 * Large];
        ulong[] shifts = [0, Huge, 3 * Large, 5 * smallest];
        Gen<(bool, int, int, int, int, int)> step = Gen.Select(
            Gen.Bool, Gen.Int[0, starts.Length - 1], Gen.Int[0, 2], Gen.Int[0, lengths.Length - 1], Gen.Int[0, 7], Gen.Int[0, 5]);
        step.List[1, 24].Sample(
            steps =>
            {
                SoftwareIommu iommu = smallest == 2048 ? HalfPages() : _iommu;
                SoftwareIommuDomain domain = iommu.CreateDomain("model", hugePages);
                Dictionary<ulong, (ulong Physical, DmaDirection Direction, DmaAttributes Attributes)> model = [];
                foreach ((bool unmap, int start, int skip, int length, int shift, int kind) in steps)
                {
                    ulong address = starts[start] + ((ulong)skip * smallest);
                    ulong bytes = lengths[length];
                    ulong[] pages = [.. Enumerable.Range(0, (int)(bytes / smallest)).Select(page => address + ((ulong)page * smallest))];
                    if (unmap)
                    {
                        domain.Unmap(new DmaRange(new DmaAddress(address), bytes));
                        Array.ForEach(pages, page => model.Remove(page));
                    }
                    else
                    {
                        // Mostly the same place and permission, so that neighbours often merge.
                        ulong physical = address + (4 * Huge) + shifts[Math.Max(0, shift - 4)];
                        (DmaDirection Direction, DmaAttributes Attributes) what = kind switch
                        {
                            0 => (DmaDirection.ToDevice, DmaAttributes.None),
                            1 => (DmaDirection.FromDevice, DmaAttributes.Mmio),
                            _ => (DmaDirection.Bidirectional, DmaAttributes.None),
                        };
                        PhysicalRange range = new(new PhysicalAddress(physical), bytes);
                        if (pages.Any(model.ContainsKey))
                        {
                            Expect.Fails(Errno.EEXIST, () => domain.Map(new DmaAddress(address), range, what.Direction, what.Attributes));
                        }
                        else
                        {
                            domain.Map(new DmaAddress(address), range, what.Direction, what.Attributes);
                            Array.ForEach(pages, page => model.Add(page, (physical + (page - address), what.Direction, what.Attributes)));
                        }
                    }

                    Assert.Equal((ulong)model.Count * smallest, domain.MappedBytes);
                }

                AssertAgrees(domain, model, smallest);
                domain.Unmap(new DmaRange(new DmaAddress(0), ulong.MaxValue));
                AssertEmpty(domain);
            },
            iter: 60,
            threads: 1);
    }

    private static void AssertAgrees(
        SoftwareIommuDomain domain, Dictionary<ulong, (ulong Physical, DmaDirection Direction, DmaAttributes Attributes)> model, ulong smallest)
    {
        foreach ((ulong address, (ulong physical, DmaDirection direction, DmaAttributes attributes)) in model)
        {
            IoTranslation found = At(domain, address);
            bool right = found.Physical.Value == physical && found.Direction == direction && found.Attributes == attributes
                && address - found.PageStart.Value < found.PageSize && (domain.UsesHugePages || found.PageSize == smallest);
            Assert.True(right, $"0x{address:x} leads to {found}, and should to 0x{physical:x}, {direction}, {attributes}.");
            Assert.True(model.ContainsKey(address + smallest) || !domain.TryTranslate(new DmaAddress(address + smallest), out _));
            Assert.True(address == 0 || model.ContainsKey(address - smallest) || !domain.TryTranslate(new DmaAddress(address - smallest), out _));
        }
    }

    private static SoftwareIommu HalfPages() =>
        new SoftwareMachineBuilder().AddRam(new PhysicalAddress(0x1000_0000), 0x10_000)
            .AddIommu("half", new DmaRange(new DmaAddress(0x9000_0000_0000), 1UL << 40), 2048).Build().GetIommu("half");

    private static void Map(SoftwareIommuDomain domain, ulong address, ulong physical, ulong length) =>
        domain.Map(new DmaAddress(address), new PhysicalRange(new PhysicalAddress(physical), length), DmaDirection.Bidirectional, DmaAttributes.None);

    private static IoTranslation At(SoftwareIommuDomain domain, ulong address)
    {
        Assert.True(domain.TryTranslate(new DmaAddress(address), out IoTranslation translation), $"0x{address:x} is mapped.");
        return translation;
    }

    private static void AssertRun(SoftwareIommuDomain domain, ulong address, ulong physical, ulong length)
    {
        for (ulong offset = 0; offset < length;)
        {
            IoTranslation found = At(domain, address + offset);
            Assert.Equal(physical + offset, found.Physical.Value);
            offset = found.PageStart.Value + found.PageSize - address;
        }
    }

    private static void AssertEmpty(SoftwareIommuDomain domain) => Assert.Equal((0UL, 1), (domain.MappedBytes, domain.Statistics.Tables));
}
