using DmaBuf.Tests.Conformance;
using DmaBuf.Tests.Defects.Mutants;
using DmaBuf.Tests.Fakes;

namespace DmaBuf.Tests.Defects;

/// <summary>Defects of spec 9 in map and unmap, whatever the type: pins, failures and permitted accesses.</summary>
public sealed class MapDefects : BufferFixture
{
    private readonly FakeType _type = new();

    private delegate Errno PinAndMap(Errno pin, Errno map);

    [Fact]
    public void D_15_what_a_failed_map_leaves_is_never_unmapped()
    {
        using DmaBuffer buffer = Export(_type.Offer());
        FakeAttachment attachment = buffer.Attach(Importer, _type.Request());
        attachment.FailMap = static () => new DmaBufException(Errno.ENOMEM, "no list");
        FirstPostedPages first = new(static () => Errno.ENOMEM);
        DefectProof.Show<(Action Map, Action Release, Func<int> Unmaps)>(
            "the error was unmapped as if it were a list",
            (() => attachment.MapFake(), attachment.Dispose, () => attachment.Unmaps),
            (first.Map, first.Release, () => first.Unmaps),
            static (pages, defect) =>
            {
                Refusal.Expect(Errno.ENOMEM, pages.Map);
                pages.Release();
                defect.AbsentIf(pages.Unmaps() == 0, pages.Unmaps());
            });
    }

    [Fact]
    public void D_23_a_failed_pin_is_never_reported_as_mapped()
    {
        FakePinningExporter exporter = new(_type.Offer());
        using DmaBuffer buffer = Export(exporter);
        using FakeAttachment attachment = buffer.Attach(Importer, _type.Request());
        RebasedImport rebased = new();
        DefectProof.Show<(PinAndMap Import, Func<string> Trace)>(
            "the failed pin came back as a success",
            ((pin, map) => Import(exporter, attachment, pin, map), () => Trace(exporter, attachment)),
            (rebased.PinAndMap, () => rebased.Trace),
            static (importer, defect) =>
            {
                Errno said = importer.Import(Errno.EBUSY, Errno.None);
                Assert.Equal("pin", importer.Trace());
                defect.AbsentIf(said == Errno.EBUSY, said);
            });
    }

    [Fact]
    public void D_23_a_map_that_fails_after_its_pin_is_unpinned_under_the_lock()
    {
        FakePinningExporter exporter = new(_type.Offer());
        using DmaBuffer buffer = Export(exporter);
        using FakeAttachment attachment = buffer.Attach(Importer, _type.Request());
        RebasedImport rebased = new();
        DefectProof.Show<(PinAndMap Import, Func<string> Trace, Func<bool> UnpinnedUnderTheLock)>(
            "the unpin came after the lock had been left",
            ((pin, map) => Import(exporter, attachment, pin, map), () => Trace(exporter, attachment), () => exporter.UnpinnedUnderTheLock),
            (rebased.PinAndMap, () => rebased.Trace, () => rebased.UnpinnedUnderTheLock),
            static (importer, defect) =>
            {
                Assert.Equal(Errno.EFAULT, importer.Import(Errno.None, Errno.EFAULT));
                Assert.Equal("pin map unpin", importer.Trace());
                defect.AbsentIf(importer.UnpinnedUnderTheLock());
            });
    }

    [Fact]
    public void D_29_a_read_only_agreement_cannot_be_written_through()
    {
        byte[] bytes = new byte[16];
        using DmaBuffer buffer = Export(new ArrayExporter(bytes), (ulong)bytes.Length);
        using CpuAttachment attachment = buffer.Attach(Importer, CpuMappingType.Request(CpuAccess.Read));
        using CpuMapping mapping = attachment.MapCpu();
        void Write()
        {
            using CpuWriteLease lease = mapping.Write();
            lease.Span[0] = 1;
        }

        byte[] first = new byte[16];
        DefectProof.Show<(Action Write, byte[] Bytes)>(
            "the reader has written",
            (Write, bytes),
            (() => first[0] = 1, first),
            static (reader, defect) =>
            {
                Exception? ended = Record.Exception(reader.Write);
                defect.AbsentIf(reader.Bytes[0] == 0);
                Assert.Equal(Errno.EPERM, Assert.IsType<DmaBufException>(ended).Errno);
            });
    }

    private static Errno Import(FakePinningExporter exporter, FakeAttachment attachment, Errno pin, Errno map)
    {
        exporter.FailPin = pin == Errno.None ? null : new DmaBufException(pin, "no pin");
        attachment.FailMap = () => map == Errno.None ? null : new DmaBufException(map, "no map");
        try
        {
            attachment.MapFake().Dispose();
            return Errno.None;
        }
        catch (DmaBufException refused)
        {
            return refused.Errno;
        }
    }

    /// <summary>Pins and maps as they came: the exporter's calls around the type's.</summary>
    private static string Trace(FakePinningExporter exporter, FakeAttachment attachment)
    {
        string[] pins = [.. exporter.Trace.Where(static call => call.EndsWith("pin", StringComparison.Ordinal))];
        return string.Join(' ', [.. pins.Take(1), .. attachment.Trace, .. pins.Skip(1)]);
    }
}
