using DmaBuf.Tests.Defects;

namespace DmaBuf.Machine.Tests.Drivers;

/// <summary>Defects of spec 9 in the VFIO exporter: each body holds for ours and finds the defect in a model of the first posted or the rebased version.</summary>
public sealed class VfioDefects : IDisposable
{
    private const ulong Page = 4096;

    private readonly VfioBench _bench = new(new VfioPciDeviceOptions { PoweringUp = () => PoweringUp?.Invoke() });
    private readonly DmaBufferRegistry _mutants = new();

    private static Action? PoweringUp { get; set; }

    public void Dispose() => _bench.Dispose();

    [Fact]
    public void D_2_the_offers_are_given_without_the_lock_by_VFIO_and_by_EGM()
    {
        using DmaBuffer mutant = Mutant(out _, assertsTheLock: true);
        using DmaBuffer vfio = _bench.Export();
        using DmaBuffer egm = EgmMemory.Export(_bench.Machine, Page, _bench.Options);
        foreach (DmaBuffer ours in new[] { vfio, egm })
        {
            DefectProof.Show("the exporter believes that the lock is held", ours, mutant, (buffer, defect) =>
            {
                Errno attached = Attach(buffer, out PhysicalAddressListAttachment? attachment);
                attachment?.Dispose();
                defect.AbsentIf(attached != FirstPostedVfioExporter.Asserted);
                Assert.Equal(Errno.None, attached);
            });
        }
    }

    [Fact]
    public void D_3_attaching_after_the_device_was_closed_is_ENODEV_by_the_revoked_buffer_alone()
    {
        using DmaBuffer mutant = Mutant(out FirstPostedVfioExporter first);
        using VfioPciDevice device = new(_bench.Device.Function);
        using DmaBuffer ours = device.CreateBuffer(0, [new BarRange(0, Page)], _bench.Options);
        DefectProof.Show<(DmaBuffer Buffer, Action Close)>(
            "the offers were read through a device that has gone",
            (ours, () => Ended(device.CloseAsync(TimeSpan.Zero))),
            (mutant, () => first.Close(mutant)),
            (subject, defect) =>
            {
                Assert.Equal(Errno.None, Attach(subject.Buffer, out PhysicalAddressListAttachment? attachment));
                attachment!.Dispose();
                subject.Close();
                Exception? ended = Record.Exception(() => subject.Buffer.Attach(new LateImporter(), PhysicalAddressListMappingType.Request(_bench.Access)));
                defect.AbsentIf(ended is DmaBufException, ended);
                Assert.Equal(Errno.ENODEV, ((DmaBufException)ended!).Errno);
            });
    }

    [Fact]
    public async Task D_3_closing_in_one_thread_and_attaching_in_another_gives_an_attachment_or_ENODEV()
    {
        int attached = 0;
        for (int round = 0; round < 200; round++)
        {
            using VfioPciDevice device = new(_bench.Device.Function);
            using DmaBuffer buffer = device.CreateBuffer(0, [new BarRange(0, Page)], _bench.Options);
            Task<VfioTransition> close = Task.Run(() => device.CloseAsync(VfioBench.Patience));
            Errno last;
            do
            {
                last = Attach(buffer, out PhysicalAddressListAttachment? attachment);
                attached += attachment is null ? 0 : 1;
                attachment?.Dispose();
            }
            while (last == Errno.None);
            Assert.Equal(Errno.ENODEV, last);
            Assert.Equal(RevokeOutcome.Drained, (await close).Outcome);
            Assert.Equal(0, device.PowerReferences);
        }

        Assert.True(attached > 0);
    }

    [Fact]
    public void D_11_a_list_is_not_mapped_while_the_memory_is_off()
    {
        using DmaBuffer mutant = Mutant(out FirstPostedVfioExporter first);
        using DmaBuffer ours = _bench.Export();
        DefectProof.Show<(DmaBuffer Buffer, Action Disable, Action Enable)>(
            "the importer got addresses of memory that is off",
            (ours, () => Ended(_bench.Device.DisableMemorySpaceAsync(TimeSpan.Zero)), () => Ended(_bench.Device.EnableMemorySpaceAsync())),
            (mutant, () => first.Move(mutant, revoked: true), () => first.Move(mutant, revoked: false)),
            (subject, defect) =>
            {
                Assert.Equal(Errno.None, Attach(subject.Buffer, out PhysicalAddressListAttachment? attachment));
                using PhysicalAddressListAttachment mapped = attachment!;
                mapped.MapPhysicalAddressList().Dispose();
                subject.Disable();
                Assert.Equal(Errno.ENODEV, Attach(subject.Buffer, out _));
                PhysicalAddressListMapping? late = null;
                Exception? ended = Record.Exception(() => late = mapped.MapPhysicalAddressList());
                late?.Dispose();
                defect.AbsentIf(late is null);
                Assert.Equal(Errno.ENODEV, Assert.IsType<DmaBufException>(ended).Errno);
                subject.Enable();
                mapped.MapPhysicalAddressList().Dispose();
            });
    }

    [Fact]
    public void D_18_a_step_that_fails_behind_the_export_frees_the_buffer_once()
    {
        using VfioPciDevice off = new(_bench.Device.Function, new VfioPciDeviceOptions { MemorySpaceEnabled = false });
        Reservation shared = new();
        FallThroughExport first = new();
        int before = _bench.Registry.Count;
        DefectProof.Show<(Action Make, Func<int> Frees)>(
            "the private part was freed twice",
            (() =>
            {
                using ReservationLock held = shared.Lock();
                off.CreateBuffer(0, [new BarRange(0, Page)], _bench.Options with { Reservation = shared });
            },
            () => Gone(off, before)),
            (first.Make, () => first.Frees),
            static (export, defect) =>
            {
                Expect.Fails(Errno.EDEADLK, export.Make);
                defect.AbsentIf(export.Frees() <= 1, export.Frees());
                Assert.Equal(1, export.Frees());
            });
    }

    [Fact]
    public void D_21_a_close_after_a_revoke_does_not_take_a_mapping_for_the_initial_reference()
    {
        using VfioPciDevice device = new(_bench.Device.Function);
        using DmaBuffer ours = device.CreateBuffer(0, [new BarRange(0, Page)], _bench.Options);
        Assert.Equal(Errno.None, Attach(ours, out PhysicalAddressListAttachment? attachment));
        using PhysicalAddressListAttachment attached = attachment!;
        PhysicalAddressListMapping? mapping = null;
        RebasedMappingCount rebased = new();
        DefectProof.Show<(Action Map, Func<bool> Revoke, Func<bool> Close)>(
            "the close ended as if nobody had the memory",
            (() => mapping = attached.MapPhysicalAddressList(),
            () => Ended(device.DisableMemorySpaceAsync(TimeSpan.Zero)).Outcome == RevokeOutcome.Drained,
            () => Ended(device.CloseAsync(TimeSpan.Zero)).Outcome == RevokeOutcome.Drained),
            (rebased.Map, rebased.EndUse, rebased.EndUse),
            static (life, defect) =>
            {
                life.Map();
                Assert.False(life.Revoke());
                defect.AbsentIf(!life.Close());
            });
        mapping!.Dispose();
        Assert.Equal(RevokeOutcome.Drained, Ended(device.CloseAsync(TimeSpan.Zero)).Outcome);
        _bench.Problems = 1;
    }

    [Fact]
    public async Task D_22_a_reset_waits_without_the_lock_that_unmap_needs()
    {
        using DmaBuffer ours = _bench.Export();
        Assert.Equal(Errno.None, Attach(ours, out PhysicalAddressListAttachment? attachment));
        using PhysicalAddressListAttachment attached = attachment!;
        PhysicalAddressListMapping mapping = attached.MapPhysicalAddressList();
        Reservation heldForEver = new();
        Task<VfioTransition>? reset = null;
        DefectProof.Show<(Action BeginToWait, Reservation Lock)>(
            "unmap can never get the lock",
            (() => reset = _bench.Device.ResetAsync(Timeout.InfiniteTimeSpan), ours.Reservation),
            (() => WaitWithTheLock(heldForEver), heldForEver),
            static (waits, defect) =>
            {
                waits.BeginToWait();
                bool free = waits.Lock.TryLock(out ReservationLock held);
                held.Dispose();
                defect.AbsentIf(free);
            });
        Assert.False(reset!.IsCompleted);
        mapping.Dispose();
        Assert.Equal(RevokeOutcome.Drained, (await reset).Outcome);
    }

    [Fact]
    public void D_30_an_attach_that_fails_leaves_the_functions_power_as_it_was()
    {
        PowerKeepingExporter keeping = new();
        using DmaBuffer ours = _bench.Export();
        using DmaBuffer mutant = DmaBuffer.Export(keeping, Page, new DmaBufferExportOptions { Registry = _mutants });
        PoweringUp = static () => throw new DmaBufException(Errno.ENODEV, "The function does not wake up.");
        try
        {
            DefectProof.Show<(DmaBuffer Buffer, MappingRequest Request, Func<int> Power)>(
                "the power reference is still held",
                (ours, PhysicalAddressListMappingType.Request(_bench.Access), () => _bench.Device.PowerReferences),
                (mutant, ScatterGatherMappingType.Request(_bench.Engine), () => keeping.Power),
                static (subject, defect) =>
                {
                    Expect.Fails(Errno.ENODEV, () => subject.Buffer.Attach(new LateImporter(), [subject.Request]));
                    defect.AbsentIf(subject.Power() == 0, subject.Power());
                });
        }
        finally
        {
            PoweringUp = null;
        }
    }

    private static VfioTransition Ended(Task<VfioTransition> transition) => transition.GetAwaiter().GetResult();

    /// <summary>A thread that holds the reservation cannot release by itself: another one does it for it.</summary>
    private int Gone(VfioPciDevice device, int before)
        => SpinWait.SpinUntil(() => _bench.Registry.Count == before && device.BufferCount == 0, VfioBench.Patience) ? 1 + (int)_bench.Registry.ProblemCount : 0;

    private DmaBuffer Mutant(out FirstPostedVfioExporter exporter, bool assertsTheLock = false)
    {
        exporter = new FirstPostedVfioExporter(assertsTheLock);
        return DmaBuffer.Export(exporter, Page, new DmaBufferExportOptions { Registry = _mutants });
    }

    private Errno Attach(DmaBuffer buffer, out PhysicalAddressListAttachment? attachment)
    {
        attachment = buffer.TryAttach(new LateImporter(), [PhysicalAddressListMappingType.Request(_bench.Access)], out Attachment? made, out Negotiation? failure)
            ? (PhysicalAddressListAttachment)made
            : null;
        return failure?.Errno ?? Errno.None;
    }

    /// <summary>The early version's wait: on a thread of its own that never leaves the lock.</summary>
    private static void WaitWithTheLock(Reservation reservation)
    {
        Thread waiting = new(() => _ = reservation.Lock());
        waiting.Start();
        waiting.Join();
    }
}
