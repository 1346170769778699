namespace DmaBuf.Machine.Tests;

/// <summary>The same work, with something going wrong before its first access, before its second, and so on until nothing is left to go wrong.</summary>
public sealed class DmaChannelSweepTests
{
    private const int Bytes = 9000;
    private const int Half = ChannelBench.Size / 2;
    private const int LargestAccess = 900;

    private static readonly string[] s_engines = [SampleMachine.PeerEngine, SampleMachine.IommuEngine, SampleMachine.DirectEngine, SampleMachine.PlatformEngine];

    public static TheoryData<string> AllEngines => [.. s_engines];

    public static TheoryData<string, PciRemovalKind> Removals => new(
        from engine in s_engines.SkipLast(1)
        from kind in Enum.GetValues<PciRemovalKind>()
        select (engine, kind));

    [Theory]
    [MemberData(nameof(AllEngines))]
    public void Whichever_access_faults_only_its_own_transfer_fails(string engine) => Sweep(
        engine,
        static number => DmaFaultInjection.FailAccess(number, LargestAccess),
        static errors => Assert.Single(errors, Errno.EFAULT),
        static bench => bench.ExpectNothingLeft(faults: 1));

    [Theory]
    [MemberData(nameof(AllEngines))]
    public void Whenever_a_transfer_is_aborted_only_it_fails(string engine) => Sweep(
        engine,
        static number => DmaFaultInjection.AtAccess(number, static access => Assert.True(access.Transfer!.Abort()), LargestAccess),
        static errors => Assert.Single(errors, Errno.ECANCELED),
        static bench => bench.ExpectNothingLeft(faults: 1));

    [Theory]
    [MemberData(nameof(Removals))]
    public void Whenever_the_device_is_removed_the_transfer_under_way_and_all_behind_it_fail(string engine, PciRemovalKind kind) => Sweep(
        engine,
        number => DmaFaultInjection.AtAccess(number, access => access.Device.Function!.Remove(kind), LargestAccess),
        static errors => Assert.All(errors.SkipWhile(static error => error == Errno.None), static error => Assert.Equal(Errno.ENODEV, error)),
        bench =>
        {
            Expect.Fails(Errno.ENODEV, () => bench.Channel.SubmitFill(bench.Part(0, 1), [1]));
            Expect.Fails(Errno.ENODEV, () => bench.Engine.CreateChannel("late").SubmitFill(bench.Part(0, 1), [1]));
            Assert.All(bench.Machine.Faults.Snapshot(), static fault => Assert.Equal(DmaFaultReason.Removed, fault.Reason));
            bench.ExpectNothingLeft(faults: bench.Machine.Faults.TotalCount);
        });

    [Theory]
    [MemberData(nameof(AllEngines))]
    public void Whenever_a_mapping_goes_each_later_access_through_it_faults(string engine)
    {
        ChannelBench? present = null;
        Sweep(
            engine,
            number => DmaFaultInjection.AtAccess(number, _ => present!.UnmapBlock(0), LargestAccess),
            errors => Assert.All(errors, static error => Assert.True(error is Errno.None or Errno.EFAULT)),
            static bench => bench.ExpectNothingLeft(faults: bench.Machine.Faults.TotalCount, unmapped: 0),
            bench => present = bench);
    }

    [Theory]
    [InlineData(SampleMachine.PeerEngine)]
    [InlineData(SampleMachine.IommuEngine)]
    [InlineData(SampleMachine.DirectEngine)]
    public void Whenever_the_target_is_removed_transfers_to_it_fault_and_others_go_on(string engine)
    {
        int struck = 0;
        for (int number = 1; ; number++, struck++)
        {
            ChannelBench bench = new(engine, number);
            PciBar bar = bench.Machine.GetPciFunction(SampleMachine.Gpu).Bars[0];
            PhysicalRange part = bar.Range with { Length = 3 * Expect.Page };
            bool isPeer = engine == SampleMachine.PeerEngine;
            bench.Engine.GrantBar(bar);
            DmaRange target = isPeer ? bar.BusRange with { Length = part.Length } : new(bench.Engine.MapRange(part, DmaDirection.Bidirectional, DmaAttributes.Mmio), part.Length);
            bench.Engine.Injection = DmaFaultInjection.AtAccess(number, _ => bar.Function.Remove(), LargestAccess);
            DmaTransfer to = bench.Channel.SubmitCopy(bench.Part(100, (int)part.Length), new DmaRangeList(target));
            DmaTransfer from = bench.Channel.SubmitCopy(new DmaRangeList(target), bench.Part(20_000, (int)part.Length));
            DmaTransfer other = bench.Channel.SubmitFill(bench.Part(0, 10), [1]);
            (Errno first, Errno second) = (ChannelBench.Wait(to), ChannelBench.Wait(from));
            Assert.Equal(Errno.None, ChannelBench.Wait(other));
            bench.CopyInModel([(100, (int)part.Length)], [(20_000, (int)part.Length)], (int)from.MovedBytes);
            bench.Model.AsSpan(0, 10).Fill(1);
            bench.ExpectCanvas();
            bool hasStruck = bench.Engine.Injection.HasStruck;
            bool wasLast = second == Errno.None;
            Assert.Equal((first, second), wasLast ? (Errno.None, Errno.None) : (first == Errno.None ? Errno.None : Errno.EFAULT, Errno.EFAULT));
            Assert.All(bench.Machine.Faults.Snapshot(), static fault => Assert.Equal(DmaFaultReason.Removed, fault.Reason));
            if (!isPeer)
            {
                bench.Engine.UnmapRange(target, DmaDirection.Bidirectional, DmaAttributes.Mmio);
            }

            bench.ExpectNothingLeft(faults: bench.Machine.Faults.TotalCount);
            if (!hasStruck)
            {
                break;
            }
        }

        Assert.True(struck > 40, $"only {struck} accesses");
    }

    [Theory]
    [InlineData(PciRemovalKind.Orderly)]
    [InlineData(PciRemovalKind.Surprise)]
    public void A_removal_ends_what_waits_for_fences_that_never_signal(PciRemovalKind kind)
    {
        ChannelBench bench = new(SampleMachine.IommuEngine);
        DmaTransferOptions held = new() { IsHeld = true };
        DmaTransfer[] transfers = [.. Enumerable.Range(0, 4).Select(_ => bench.Channel.SubmitFill(bench.Part(0, 10), [1], held))];
        bench.Engine.Function!.Remove(kind);
        Assert.All(transfers, static transfer => Assert.Equal(Errno.ENODEV, ChannelBench.Wait(transfer)));
        bench.ExpectCanvas();
        bench.ExpectNothingLeft(faults: 4);
    }

    private static void Sweep(
        string engine, Func<int, DmaFaultInjection> injection, Action<Errno[]> expectErrors, Action<ChannelBench> expectLeft, Action<ChannelBench>? prepare = null)
    {
        int struck = 0;
        for (int number = 1; ; number++, struck++)
        {
            ChannelBench bench = new(engine, number);
            prepare?.Invoke(bench);
            Random random = new(number);
            (int, int)[] from = ChannelBench.Pieces(random, 0, Half, Bytes);
            (int, int)[] to = ChannelBench.Pieces(random, Half, ChannelBench.Size, Bytes);
            (int, int)[] filled = ChannelBench.Pieces(random, 0, Half, Bytes);
            bench.Engine.Injection = injection(number);
            DmaTransfer copy = bench.Channel.SubmitCopy(bench.ListOf(from), bench.ListOf(to), new DmaTransferOptions { IsHeld = true });
            DmaTransfer fill = bench.Channel.SubmitFill(bench.ListOf(filled), [5]);
            DmaTransfer checksum = bench.Channel.SubmitChecksum(bench.ListOf(to));
            copy.Issue();
            Errno[] errors = [ChannelBench.Wait(copy), ChannelBench.Wait(fill), ChannelBench.Wait(checksum)];
            bench.CopyInModel(from, to, (int)copy.MovedBytes);
            bench.PutInModel(filled, [.. Enumerable.Repeat((byte)5, (int)fill.MovedBytes)]);
            bench.ExpectCanvas();
            Assert.All(
                new[] { copy, fill, checksum }, transfer => Assert.Equal(transfer.Fence.Error == Errno.None, transfer.MovedBytes == transfer.Length && transfer.Failure is null));
            if (!bench.Engine.Injection.HasStruck)
            {
                Assert.All(errors, static error => Assert.Equal(Errno.None, error));
                break;
            }

            bench.Engine.Injection = null;
            expectErrors(errors);
            expectLeft(bench);
        }

        Assert.True(struck > 40, $"only {struck} accesses");
    }
}
