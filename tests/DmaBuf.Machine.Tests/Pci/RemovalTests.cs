namespace DmaBuf.Machine.Tests;

public sealed class RemovalTests
{
    [Fact]
    public void Accesses_to_a_removed_function_fault_by_every_way()
    {
        PeerPair pair = new();
        DmaAddress mapped = pair.Distant.MapRange(pair.Bar.Range, DmaDirection.Bidirectional, DmaAttributes.Mmio);
        pair.Distant.Write(mapped, [1]);
        pair.Provider.Remove();
        Expect.Faults(pair.Machine, DmaFaultReason.Removed, DmaAccess.Write, mapped, () => pair.Distant.Write(mapped, [1]));
        DmaAddress bus = pair.Bar.BusRange.Start;
        Expect.Faults(pair.Machine, DmaFaultReason.Removed, DmaAccess.Read, bus, () => pair.Peer.Read(bus, new byte[1]));
        Assert.Equal(Errno.EFAULT, Assert.ThrowsAny<DmaBufException>(() => pair.Machine.Memory.Read(pair.Bar.Range.Start, new byte[1])).Errno);
        Expect.Fails(Errno.ENODEV, () => BarExporter.Export(pair.Machine, pair.Bar, 0, 0x1000));
        pair.Distant.UnmapRange(new DmaRange(mapped, 0x1000), DmaDirection.Bidirectional, DmaAttributes.Mmio);
        pair.ExpectNothingMapped();
    }

    [Fact]
    public void Accesses_by_a_removed_function_fault()
    {
        PeerPair pair = new();
        PhysicalRange ram = new(new PhysicalAddress(0x1000_0000), 0x1000);
        DmaAddress mapped = pair.Distant.MapRange(ram, DmaDirection.ToDevice, DmaAttributes.None);
        pair.Distant.Read(mapped, new byte[1]);
        pair.Distant.Function!.Remove();
        Expect.Faults(pair.Machine, DmaFaultReason.Removed, DmaAccess.Read, mapped, () => pair.Distant.Read(mapped, new byte[1]));
        pair.Distant.UnmapRange(new DmaRange(mapped, 0x1000), DmaDirection.ToDevice, DmaAttributes.None);
        pair.ExpectNothingMapped();
    }

    [Fact]
    public void Routes_that_were_cached_are_not_supported_after_a_removal_and_others_stay()
    {
        PeerPair pair = new();
        PciFunction peer = pair.Peer.Function!;
        PciFunction distant = pair.Distant.Function!;
        Assert.Equal(4, pair.Provider.RouteFrom(peer).Distance);
        Assert.Equal(PeerToPeerMapType.ThroughHostBridge, distant.RouteFrom(peer).MapType);
        pair.Provider.Remove();
        foreach (PeerToPeerRoute route in new[] { pair.Provider.RouteFrom(peer), peer.RouteFrom(pair.Provider), pair.Provider.RouteFrom(pair.Provider) })
        {
            Assert.Equal((PeerToPeerMapType.NotSupported, -1), (route.MapType, route.Distance));
            Assert.Contains("provider) was removed", route.Reason, StringComparison.Ordinal);
        }

        Assert.Equal(PeerToPeerMapType.ThroughHostBridge, distant.RouteFrom(peer).MapType);
    }

    [Theory]
    [InlineData(PciRemovalKind.Orderly)]
    [InlineData(PciRemovalKind.Surprise)]
    public void Drivers_are_told_newest_first_and_find_the_device_working_only_if_it_is_orderly(PciRemovalKind kind)
    {
        PeerPair pair = new();
        List<string> told = [];
        void Hear(string name, PciFunction function, PciRemovalKind how)
        {
            Assert.Equal((pair.Provider, kind, kind == PciRemovalKind.Surprise), (function, how, function.IsRemoved));
            told.Add(name);
            Assert.False(function.Remove().WasFirst);
        }

        using IDisposable first = pair.Provider.OnRemoval((function, how) => Hear("first", function, how));
        using IDisposable failing = pair.Provider.OnRemoval(static (_, _) => throw new InvalidOperationException("driver"));
        pair.Provider.OnRemoval((function, how) => Hear("gone", function, how)).Dispose();
        using IDisposable last = pair.Provider.OnRemoval((function, how) => Hear("last", function, how));
        PciRemoval removal = pair.Provider.Remove(kind);
        Assert.Equal(["last", "first"], told);
        Assert.Equal((kind, true, "driver"), (removal.Kind, removal.WasFirst, Assert.Single(removal.Failures).Message));
        PciRemoval again = pair.Provider.Remove();
        Assert.Equal((kind, false), (again.Kind, again.WasFirst));
        Assert.Equal(2, told.Count);
        Expect.Fails(Errno.ENODEV, () => pair.Provider.OnRemoval(static (_, _) => { }));
    }

    [Fact]
    public async Task A_removal_waits_for_the_access_that_is_under_way_and_lets_no_other_begin()
    {
        using ManualResetEventSlim inside = new();
        using ManualResetEventSlim proceed = new();
        RegisterDevice device = new() { DuringRead = () => { inside.Set(); proceed.Wait(); } };
        PeerPair pair = new(new PciBarOptions { Registers = () => device });
        Task access = Task.Run(() => pair.Peer.Read(pair.Bar.BusRange.Start, new byte[4]));
        inside.Wait(TestContext.Current.CancellationToken);
        Task<int> removal = Task.Run(() =>
        {
            pair.Provider.Remove();
            return device.Accesses.Count;
        });
        SpinWait.SpinUntil(() => pair.Provider.IsRemoved);
        Expect.Faults(pair.Machine, DmaFaultReason.Removed, DmaAccess.Write, pair.Bar.BusRange.Start, () => pair.Peer.Write(pair.Bar.BusRange.Start, [1]));
        Assert.False(removal.IsCompleted);
        proceed.Set();
        Assert.Equal(1, await removal);
        await access;
    }

    [Fact]
    public async Task No_byte_changes_after_a_removal_has_returned_while_peers_go_on_writing()
    {
        for (int round = 0; round < 20; round++)
        {
            int writes = 0;
            int afterRemoval = 0;
            bool removed = false;
            RegisterDevice device = new() { DuringRead = () => _ = Volatile.Read(ref removed) ? Interlocked.Increment(ref afterRemoval) : Interlocked.Increment(ref writes) };
            PeerPair pair = new(new PciBarOptions { Registers = () => device });
            Task access = Task.Run(() => Expect.Fails(Errno.EFAULT, () =>
            {
                while (true)
                {
                    pair.Peer.Read(pair.Bar.BusRange.Start, new byte[8]);
                }
            }));
            SpinWait.SpinUntil(() => Volatile.Read(ref writes) > 10);
            pair.Provider.Remove();
            Volatile.Write(ref removed, true);
            await access;
            Assert.Equal((0, 1L), (afterRemoval, pair.Machine.Faults.TotalCount));
        }
    }
}
