using DmaBuf.Tests.Defects.Mutants;
using DmaBuf.Tests.Fakes;

namespace DmaBuf.Tests.Defects;

/// <summary>Defects of spec 9 at the end of things: detach, revoke, close and release.</summary>
public sealed class LifeDefects : BufferFixture
{
    private readonly FakeType _type = new();

    [Fact]
    public void D_18_a_descriptor_that_cannot_be_opened_releases_the_memory_once()
    {
        DescriptorFacts facts = new() { Kind = DescriptorKind.MemoryFile, Memory = DescriptorMemory.Ram, ExporterName = "memfd" };
        FakeExporter exporter = new(DescriptorMappingType.Offer(new FullTable(), facts));
        FirstPostedDescriptorExport first = new(Errno.EMFILE);
        DefectProof.Show<(Action Open, Func<int> Releases)>(
            "the memory was freed twice",
            (() => OpenAndLetGo(exporter), () => exporter.Releases),
            (first.ExportAndOpen, () => first.Releases),
            static (export, defect) =>
            {
                Refusal.Expect(Errno.EMFILE, export.Open);
                defect.AbsentIf(export.Releases() <= 1, export.Releases());
                Assert.Equal(1, export.Releases());
            });
    }

    [Fact]
    public void D_21_a_close_after_a_revoke_drops_no_reference_again()
    {
        using DmaBuffer buffer = Export(_type.Offer());
        FirstPostedAttach first = new();
        DefectProof.Show<(Action Revoke, Action Close, Func<int> References)>(
            "the close dropped the initial reference again",
            (() => Refusal.Ended(buffer.RevokeAsync(TimeSpan.Zero)), () => Refusal.Ended(buffer.CloseAsync(TimeSpan.Zero)), () => buffer.ReferenceCount),
            (first.RevokeDropsTheInitialReference, first.CloseDropsTheInitialReference, () => first.References),
            static (life, defect) =>
            {
                life.Revoke();
                int once = life.References();
                life.Close();
                defect.AbsentIf(life.References() == once, life.References());
            });
    }

    [Fact]
    public async Task D_22_a_revoke_waits_without_the_lock_that_unmap_needs()
    {
        using DmaBuffer buffer = Export(_type.Offer());
        using FakeAttachment attachment = buffer.Attach(new FakeDynamicImporter(), _type.Request());
        using FakeMapping mapping = attachment.MapFake();
        Reservation heldForEver = new();
        Task<RevokeReport>? revoke = null;
        DefectProof.Show<(Action BeginToWait, Reservation Lock)>(
            "unmap can never get the lock",
            (() => revoke = buffer.RevokeAsync(Timeout.InfiniteTimeSpan).AsTask(), buffer.Reservation),
            (() => WaitWithTheLock(heldForEver), heldForEver),
            static (waits, defect) =>
            {
                waits.BeginToWait();
                defect.AbsentIf(!waits.Lock.IsLocked);
            });
        Assert.False(revoke!.IsCompleted);
        mapping.Dispose();
        await revoke;
    }

    [Fact]
    public void D_26_a_detach_with_a_live_mapping_is_refused()
    {
        using DmaBuffer buffer = Export(_type.Offer());
        using FakeAttachment attachment = buffer.Attach(Importer, _type.Request());
        using FakeMapping mapping = attachment.MapFake();
        FirstPostedAttach first = new() { Mappings = 1 };
        Assert.True(first.Attach("device"));
        DefectProof.Show<(Action Detach, Func<int> Mappings, Func<bool> IsAttached)>(
            "the attachment is gone under its mapping",
            (attachment.Detach, () => attachment.LiveMappings, () => attachment.Phase == AttachmentPhase.Listed),
            (() => first.Detach(), () => first.Mappings, () => first.IsAttached),
            static (one, defect) =>
            {
                Assert.Equal(1, one.Mappings());
                Exception? ended = Record.Exception(one.Detach);
                defect.AbsentIf(one.IsAttached());
                Assert.Equal(Errno.EBUSY, Assert.IsType<DmaBufException>(ended).Errno);
            });
    }

    /// <summary>One path for every end: the buffer and the attachment are let go of once, whatever failed, and twice is not worse.</summary>
    private void OpenAndLetGo(FakeExporter exporter)
    {
        DmaBuffer buffer = Export(exporter);
        DescriptorAttachment attachment = buffer.Attach(Importer, DescriptorMappingType.Request());
        try
        {
            attachment.MapDescriptor();
        }
        finally
        {
            attachment.Dispose();
            buffer.Dispose();
            buffer.Dispose();
        }
    }

    /// <summary>The early version's wait: on a thread of its own that never leaves the lock.</summary>
    private static void WaitWithTheLock(Reservation reservation)
    {
        Thread waiting = new(() => _ = reservation.Lock());
        waiting.Start();
        waiting.Join();
    }

    /// <summary>A process that has as many descriptors as it may.</summary>
    private sealed class FullTable : IDescriptorOperations
    {
        public System.Runtime.InteropServices.SafeHandle OpenDescriptor(DescriptorAttachment attachment, in ReservationLock held)
            => throw new DmaBufException(Errno.EMFILE, "Opening a descriptor was refused by order of the test.");
    }
}
