using DmaBuf.Testing;

namespace DmaBuf.Machine.Tests;

/// <summary>Export, attach, map, two page tables, revoke, un-revoke, copy, table, unmap, detach, close: whichever step fails, nothing is left of any.</summary>
public sealed class VfioFaultSweepTests
{
    private const ulong Page = 4096;

    private readonly SoftwareMachine _machine = SoftwareMachine.CreateSample();
    private readonly DmaBufferRegistry _registry = new();
    private readonly RecordingDomain[] _domains = [new(), new()];
    private readonly PhysicalAddressAccess _access = PhysicalAddressAccess.Grant("test");
    private VfioPciDevice? _device;
    private IoAddressSpace? _space;

    [Fact]
    public void Whichever_allocation_fails_nothing_is_left()
    {
        LeakCheck leaks = LeakCheck.Start(_registry);
        int points = FaultSweep.Run(Work, ExpectNothingLeft);

        // The buffer; four times attachment, list and mapping; and the table's attachment, mapping, entries and state.
        Assert.True(points >= 14, $"only {points} steps can fail");
        leaks.Verify();
        _access.Dispose();
    }

    [Fact]
    public void Whichever_entry_of_whichever_page_table_fails_nothing_is_left()
    {
        LeakCheck leaks = LeakCheck.Start(_registry);
        int calls = 0;
        int failing = 0;
        Array.ForEach(_domains, domain => domain.Mapping = () =>
        {
            if (++calls == failing)
            {
                throw new DmaBufException(Errno.ENOMEM, "There is no memory for a page table.");
            }
        });
        for (failing = 1; calls >= failing - 1; failing++)
        {
            calls = 0;
            DmaBufException? ended = Record.Exception(Work) as DmaBufException;
            Assert.Equal(calls < failing ? null : Errno.ENOMEM, ended?.Errno);
            ExpectNothingLeft();
        }

        Assert.True(failing > 15, $"only {failing} entries were made");
        leaks.Verify();
        _access.Dispose();
    }

    /// <summary>The whole life; undone where it fails by what each of its owners does anyhow.</summary>
    private void Work()
    {
        IommuFd context = new(_access);
        using VfioPciDevice device = new(_machine.GetPciFunction(SampleMachine.Gpu));
        IoAddressSpace space = context.CreateAddressSpace(new IoAddressSpaceOptions { BatchCapacity = 2 });
        (_device, _space) = (device, space);
        try
        {
            space.AddDomain(_domains[0]);
            using DmaBuffer buffer = device.CreateBuffer(
                0, [new BarRange(8 * Page, Page), new BarRange(0, 2 * Page), new BarRange(32 * Page, Page)], new DmaBufferExportOptions { Registry = _registry });
            DmaAddress first = context.MapFile(VfioBench.Both, space.Id, buffer, 0, buffer.Size);
            space.AddDomain(_domains[1]);
            DmaAddress copied = context.Copy(VfioBench.Both, space.Id, space.Id, new DmaAddress(first.Value + Page), 2 * Page);
            MapTable(buffer);
            Assert.Equal(RevokeOutcome.Drained, Ended(device.ResetAsync(TimeSpan.Zero)).Outcome);
            Assert.All(_domains, static domain => Assert.Equal(0, domain.PageCount));
            context.MapFile(VfioBench.Both, space.Id, buffer, 2 * Page, 2 * Page);
            context.Unmap(space.Id, first, buffer.Size);
            context.MapFile(VfioBench.Fixed, space.Id, buffer, 0, buffer.Size, first);
            context.Unmap(space.Id, copied, 2 * Page);
            Assert.All(_domains, static domain => Assert.Equal(6, domain.PageCount));
            Ended(device.CloseAsync(TimeSpan.Zero));
        }
        finally
        {
            context.DestroyAddressSpace(space.Id);
        }
    }

    private void MapTable(DmaBuffer buffer)
    {
        LettingGo peer = new();
        using ScatterGatherAttachment attachment = buffer.Attach(
            peer, ScatterGatherMappingType.Request(_machine.GetEngine(SampleMachine.IommuEngine), PeerToPeerAcceptance.Accepted));
        using ScatterGatherMapping mapping = attachment.MapScatterGather(DmaDirection.Bidirectional);
    }

    private void ExpectNothingLeft()
    {
        Assert.All(_domains, static domain => Assert.Equal(0, domain.PageCount));
        Assert.Equal((0, 0L, 0, 0, 0), (_registry.Count, _registry.ProblemCount, _device!.PowerReferences, _device.BufferCount, _space!.AreaCount));
        Assert.All(_machine.Engines, static engine => Assert.Equal(0, engine.LiveMappingCount));
    }

    private static VfioTransition Ended(Task<VfioTransition> transition) => transition.GetAwaiter().GetResult();
}
