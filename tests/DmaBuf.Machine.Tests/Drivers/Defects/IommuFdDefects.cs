using DmaBuf.Tests.Defects;

namespace DmaBuf.Machine.Tests.Drivers;

/// <summary>Defects of spec 9 in the iommufd importer and in the exporter of its selftest: each body holds for ours and finds the defect in a model of what was posted.</summary>
public sealed class IommuFdDefects : IDisposable
{
    private const ulong Page = 4096;

    private readonly IommuFdBench _bench = new();
    private readonly DmaBufferRegistry _mutants = new();

    public void Dispose() => _bench.Dispose();

    [Fact]
    public void D_4_a_revoke_as_soon_as_the_list_is_there_finds_its_attachment()
    {
        (ListExporter exporter, DmaBuffer ours) = ListExporter.SinglePages(4, _bench.Registry);
        (_, DmaBuffer theirs) = ListExporter.SinglePages(4, _mutants);
        Task<RevokeReport>? revoke = null;
        exporter.Listing = () => revoke = Task.Run(() => ours.RevokeAsync(VfioBench.Patience).AsTask());
        FirstPostedImporter mutant = new(_bench.Access);
        mutant.BeforeThePointerIsPublished = () => Ended(theirs.RevokeAsync(TimeSpan.Zero).AsTask());
        using (ours)
        using (theirs)
        {
            DefectProof.Show<(Action MapAndRevoke, DmaBufferRegistry Registry)>(
                "the callback found a list and no attachment",
                (() =>
                {
                    _bench.Map(ours, 0, 4 * Page);
                    Assert.Equal(RevokeOutcome.Drained, Ended(revoke!).Outcome);
                    exporter.Listing = null;
                    Expect.Fails(Errno.ENODEV, () => _bench.Map(ours, 0, Page));
                },
                _bench.Registry),
                (() => mutant.Map(theirs), _mutants),
                static (subject, defect) =>
                {
                    subject.MapAndRevoke();
                    defect.AbsentIf(subject.Registry.ProblemCount == 0, string.Join("; ", subject.Registry.Problems));
                });
            Assert.Equal((0, 0), (_bench.Domains[0].PageCount, exporter.LiveLists));
            _bench.Context.Unmap(_bench.Space.Id, new DmaAddress(0), ulong.MaxValue);
            mutant.Release();
        }
    }

    /// <summary>What an exporter may say of a buffer of four pages and an importer may not believe.</summary>
    public static TheoryData<string, Errno, PhysicalRange[]> UnsoundLists { get; } = new()
    {
        { "short", Errno.EINVAL, [Range(0x10_0000, 2 * Page)] },
        { "long", Errno.EINVAL, [Range(0x10_0000, 8 * Page)] },
        { "empty", Errno.EINVAL, [] },
        { "an entry without length", Errno.EINVAL, [Range(0x10_0000, 0), Range(0x20_0000, 4 * Page)] },
        { "an unaligned start", Errno.EINVAL, [Range(0x10_0800, 4 * Page)] },
        { "unaligned lengths", Errno.EINVAL, [Range(0x10_0000, 0x1800), Range(0x20_0000, 0x2800)] },
        { "a wrapping entry", Errno.EOVERFLOW, [Range(0xFFFF_FFFF_FFFF_E000, 4 * Page)] },
    };

    [Theory]
    [MemberData(nameof(UnsoundLists), DisableDiscoveryEnumeration = true)]
    public void D_5_no_page_table_is_filled_from_an_unsound_list(string list, Errno errno, PhysicalRange[] ranges)
    {
        (ListExporter exporter, DmaBuffer buffer) = ListExporter.SinglePages(4, _bench.Registry);
        exporter.Listed = ranges;
        RecordingDomain theirs = new();
        using (buffer)
        {
            DefectProof.Show<(Action Map, RecordingDomain Domain)>(
                $"a page table was filled from a list that is {list}",
                (() => Expect.Fails(errno, () => _bench.Map(buffer, 0, 4 * Page)), _bench.Domains[0]),
                (() => new FirstPostedWalker(ranges).Fill(theirs, 4), theirs),
                static (subject, defect) =>
                {
                    subject.Map();
                    defect.AbsentIf(subject.Domain.PageCount == 0, subject.Domain.PageCount);
                });
            Assert.Equal((0, 0), (exporter.LiveLists, buffer.AttachmentCount));
        }
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void D_9_and_D_10_each_list_goes_back_to_where_it_came_from(bool elsewhere)
    {
        (ListExporter exporter, DmaBuffer ours) = ListExporter.SinglePages(1, _bench.Registry);
        SelftestListExporter posted = new(elsewhere ? [] : null);
        using (ours)
        using (DmaBuffer theirs = DmaBuffer.Export(posted, Page, new DmaBufferExportOptions { Registry = _mutants }))
        {
            DefectProof.Show<(DmaBuffer Buffer, Func<int> Live, Func<int> Strays)>(
                elsewhere ? "a list went back to somebody else" : "a list is still out",
                (ours, () => exporter.LiveLists, static () => 0),
                (theirs, () => posted.Allocator.Count, () => posted.Strays),
                (subject, defect) =>
                {
                    DmaAddress iova = _bench.Map(subject.Buffer, 0, Page);
                    Assert.Equal(1, subject.Live());
                    _bench.Context.Unmap(_bench.Space.Id, iova, Page);
                    defect.AbsentIf(elsewhere ? subject.Strays() == 0 : subject.Live() == 0);
                });
        }
    }

    [Fact]
    public void D_14_a_page_table_that_comes_later_and_a_copy_are_filled_as_device_memory()
    {
        using DmaBuffer buffer = ListExporter.SinglePages(2, _bench.Registry).Buffer;
        DmaAddress iova = _bench.Map(buffer, 0, 2 * Page);
        IoAddressSpace other = _bench.Context.CreateAddressSpace();
        RecordingDomain copied = new();
        other.AddDomain(copied);
        Action<RecordingDomain>[] ways =
        [
            _bench.Space.AddDomain,
            _ => _bench.Context.Copy(IommuFdBench.Fixed, other.Id, _bench.Space.Id, iova, 2 * Page, iova),
        ];
        foreach (Action<RecordingDomain> way in ways)
        {
            RecordingDomain second = way == ways[0] ? new RecordingDomain() : copied;
            RecordingDomain theirs = new();
            DefectProof.Show<(Action Fill, RecordingDomain Second)>(
                "the second page table takes a device's memory for the CPU's",
                (() => way(second), second),
                (() => FillFromFrames(_bench.Domains[0], theirs, iova), theirs),
                (subject, defect) =>
                {
                    subject.Fill();
                    Assert.Equal((2, ListExporter.PageAt(1).Value), (subject.Second.PageCount, subject.Second.Translate(iova.Value + Page)));
                    defect.AbsentIf(subject.Second.Attributes is [DmaAttributes.Mmio], subject.Second.Attributes[0]);
                });
            _bench.Space.RemoveDomain(second);
        }

        _bench.Context.DestroyAddressSpace(other.Id);
        Assert.Equal(0, copied.PageCount);
    }

    [Fact]
    public void D_15_what_a_failed_map_left_is_not_unmapped_at_the_end()
    {
        (ListExporter exporter, DmaBuffer ours) = ListExporter.SinglePages(1, _bench.Registry);
        (ListExporter other, DmaBuffer theirs) = ListExporter.SinglePages(1, _mutants);
        exporter.FailMap = other.FailMap = new DmaBufException(Errno.EIO, "No list today.");
        FirstPostedImporter mutant = new(_bench.Access);
        using (ours)
        using (theirs)
        {
            DefectProof.Show<(Func<Errno> Map, Action Release, Func<int> Unmaps)>(
                "an error was unmapped as if it were a list",
                (() => Failed(() => _bench.Map(ours, 0, Page)), () => _bench.Context.Unmap(_bench.Space.Id, new DmaAddress(0), ulong.MaxValue), () => exporter.Unmaps),
                (() => mutant.Map(theirs), mutant.Release, () => mutant.Unmaps),
                static (subject, defect) =>
                {
                    Assert.Equal(Errno.EIO, subject.Map());
                    subject.Release();
                    defect.AbsentIf(subject.Unmaps() == 0);
                });
            Assert.Equal((0, 0, 0), (ours.AttachmentCount, _bench.Space.AreaCount, _bench.Domains[0].Calls.Count));
        }
    }

    [Fact]
    public void D_23_a_pin_that_fails_is_not_reported_as_success()
    {
        PinningListExporter exporter = new() { FailPin = new DmaBufException(Errno.ENOMEM, "No room there.") };
        RebasedImporter mutant = new(_bench.Access);
        using DmaBuffer buffer = exporter.Export(_bench.Registry);
        DefectProof.Show<Func<Errno>>(
            "the importer was told that its memory is mapped",
            () => Failed(() => _bench.Map(buffer, 0, Page)),
            () => mutant.Map(buffer),
            static (map, defect) =>
            {
                Errno said = map();
                defect.AbsentIf(said != Errno.None);
                Assert.Equal(Errno.ENOMEM, said);
            });
        Assert.Equal((0, 0), (exporter.Pins, buffer.AttachmentCount));
    }

    [Fact]
    public void D_23_a_map_that_fails_after_its_pin_is_unpinned_before_the_lock_is_left()
    {
        PinningListExporter exporter = new() { FailMap = new DmaBufException(Errno.EIO, "No list today.") };
        RebasedImporter mutant = new(_bench.Access);
        using DmaBuffer buffer = exporter.Export(_bench.Registry);
        DefectProof.Show<(Func<Errno> Map, Func<bool> UnderTheLock)>(
            "the memory was unpinned after the lock had been left",
            (() => Failed(() => _bench.Map(buffer, 0, Page)), () => exporter.Unpins == 1 && exporter.UnpinnedUnderTheLock),
            (() => mutant.Map(buffer), () => mutant.UnpinnedUnderTheLock),
            static (subject, defect) =>
            {
                Assert.Equal(Errno.EIO, subject.Map());
                defect.AbsentIf(subject.UnderTheLock());
            });
        Assert.Equal((0, 0), (exporter.Pins, buffer.AttachmentCount));
    }

    private static PhysicalRange Range(ulong start, ulong length) => new(new PhysicalAddress(start), length);

    private static RevokeReport Ended(Task<RevokeReport> revoke) => revoke.GetAwaiter().GetResult();

    private static Errno Failed(Action map) => (Record.Exception(map) as DmaBufException)?.Errno ?? Errno.None;

    /// <summary>The first posted importer's second page table: frames read back from the first, which it marks as CPU memory.</summary>
    private static void FillFromFrames(RecordingDomain first, RecordingDomain second, DmaAddress iova)
    {
        for (ulong at = iova.Value; first.Translate(at) is { } physical; at += Page)
        {
            second.Map(new DmaAddress(at), Range(physical, Page), DmaDirection.Bidirectional, DmaAttributes.None);
        }
    }
}
