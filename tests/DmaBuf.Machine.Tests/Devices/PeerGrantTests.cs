namespace DmaBuf.Machine.Tests;

/// <summary>
/// A peer's bus addresses are not mapped, so hardware would go on reaching it after an unmap, a revoke or a detach. The machine's devices do not: what no live table names faults.
/// </summary>
public sealed class PeerGrantTests
{
    private readonly SoftwareMachine _machine = SampleMachine.Describe().Build();

    public static TheoryData<string> Ends { get; } = ["unmap", "revoke", "detach", "removal"];

    private DmaEngineDevice Engine => _machine.GetEngine(SampleMachine.PeerEngine);

    private PciBar Bar => _machine.GetPciFunction(SampleMachine.Gpu).Bars[0];

    [Theory]
    [MemberData(nameof(Ends))]
    public async Task A_device_that_goes_on_after_the_end_faults(string end)
    {
        DmaBufferRegistry registry = new();
        LettingGo importer = new();
        using (DmaBuffer buffer = PeerToPeerBarExporter.Export(_machine, Bar, 0, 0x2000, new DmaBufferExportOptions { Registry = registry }))
        {
            using ScatterGatherAttachment attachment = buffer.Attach(importer, ScatterGatherMappingType.Request(Engine, PeerToPeerAcceptance.Accepted));
            ScatterGatherMapping mapping = attachment.MapScatterGather(DmaDirection.Bidirectional);
            DmaAddress address = FirstOf(mapping);
            Assert.True(address.Value - Bar.BusRange.Start.Value < Bar.BusRange.Length, "the sample machine reaches this peer by bus address");
            Engine.Write(address, [1]);
            switch (end)
            {
                case "unmap":
                    mapping.Dispose();
                    break;
                case "revoke":
                    importer.Mapping = mapping;
                    RevokeReport report = await buffer.RevokeAsync(TimeSpan.FromSeconds(30), TestContext.Current.CancellationToken);
                    Assert.Equal(RevokeOutcome.Drained, report.Outcome);
                    break;
                case "detach":
                    attachment.UnmapScatterGather(mapping);
                    attachment.Detach();
                    break;
                default:
                    attachment.Dispose();
                    break;
            }

            Expect.Faults(_machine, DmaFaultReason.NotMapped, DmaAccess.Write, address, () => Engine.Write(address, [2]));
            Expect.Faults(_machine, DmaFaultReason.NotMapped, DmaAccess.Read, address, () => Engine.Read(address, new byte[1]));
        }

        byte[] kept = new byte[1];
        _machine.Memory.Read(Bar.Range.Start, kept);
        Assert.Equal(1, kept[0]);
    }

    [Fact]
    public void Of_two_tables_of_the_same_bytes_the_last_to_go_ends_the_reach_and_directions_are_kept_apart()
    {
        ScatterGatherEntry[] entries = [new(Bar.BusRange.Start, 0x2000)];
        Engine.GrantBusAddresses(entries, DmaDirection.Bidirectional);
        Engine.GrantBusAddresses([entries[0] with { Length = 0x1000 }], DmaDirection.ToDevice);
        Engine.WithdrawBusAddresses(entries, DmaDirection.Bidirectional);
        Engine.Read(Bar.BusRange.Start, new byte[0x1000]);
        Expect.Faults(_machine, DmaFaultReason.Permission, DmaAccess.Write, Bar.BusRange.Start, () => Engine.Write(Bar.BusRange.Start, [1]));
        DmaAddress behind = new(Bar.BusRange.Start.Value + 0x1000);
        Expect.Faults(_machine, DmaFaultReason.NotMapped, DmaAccess.Read, behind, () => Engine.Read(new DmaAddress(behind.Value - 1), new byte[2]));
        Engine.WithdrawBusAddresses([entries[0] with { Length = 0x1000 }], DmaDirection.ToDevice);
        Expect.Faults(_machine, DmaFaultReason.NotMapped, DmaAccess.Read, Bar.BusRange.Start, () => Engine.Read(Bar.BusRange.Start, new byte[1]));
    }

    [Fact]
    public async Task A_withdrawal_waits_for_the_access_that_is_under_way()
    {
        using ManualResetEventSlim inside = new();
        using ManualResetEventSlim proceed = new();
        RegisterDevice registers = new() { DuringRead = () => { inside.Set(); proceed.Wait(); } };
        PeerPair pair = new(new PciBarOptions { Registers = () => registers });
        ScatterGatherEntry[] entries = [new(pair.Bar.BusRange.Start, 0x1000)];
        Task access = Task.Run(() => pair.Peer.Read(pair.Bar.BusRange.Start, new byte[4]));
        inside.Wait(TestContext.Current.CancellationToken);
        Task withdrawal = Task.Run(() => pair.Peer.WithdrawBusAddresses(entries, DmaDirection.Bidirectional));

        // Its grant goes at once; the withdrawal itself stays until the access has left.
        SpinWait.SpinUntil(() => Record.Exception(() => pair.Peer.Write(new DmaAddress(pair.Bar.BusRange.Start.Value + 8), [1])) is not null);
        Assert.False(withdrawal.IsCompleted);
        proceed.Set();
        await Task.WhenAll(access, withdrawal);
    }

    [Fact]
    public void A_withdrawal_from_inside_its_own_access_does_not_wait_for_itself()
    {
        PeerPair? pair = null;
        RegisterDevice registers = new()
        {
            DuringRead = () => pair!.Peer.WithdrawBusAddresses([new(pair.Bar.BusRange.Start, 0x1000)], DmaDirection.Bidirectional),
        };
        pair = new PeerPair(new PciBarOptions { Registers = () => registers });
        pair.Peer.Read(pair.Bar.BusRange.Start, new byte[4]);
        Expect.Faults(pair.Machine, DmaFaultReason.NotMapped, DmaAccess.Read, pair.Bar.BusRange.Start, () => pair.Peer.Read(pair.Bar.BusRange.Start, new byte[4]));
    }

    private static DmaAddress FirstOf(ScatterGatherMapping mapping)
    {
        using ScatterGatherLease lease = mapping.ReadTable();
        return lease.Entries[0].Address;
    }
}
