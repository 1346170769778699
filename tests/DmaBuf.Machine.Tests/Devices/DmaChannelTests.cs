using System.Security.Cryptography;

namespace DmaBuf.Machine.Tests;

/// <summary>A channel's order, its waiting, its results, and who may end a transfer.</summary>
public sealed class DmaChannelTests
{
    public static TheoryData<string> AllEngines => DmaEngineDeviceTests.AllEngines;

    [Theory]
    [MemberData(nameof(AllEngines))]
    public void Transfers_are_done_and_signaled_in_the_order_of_submission(string engine)
    {
        ChannelBench bench = new(engine);
        using FenceSource gate = new FenceContext("gate").CreateFence();
        List<ulong> order = [];
        List<DmaTransfer> transfers = [bench.Channel.SubmitFill(bench.Part(0, 100), [1], new DmaTransferOptions { After = After(gate) })];
        for (int step = 1; step < 60; step++)
        {
            // Each copies what the one before has written.
            transfers.Add(bench.Channel.SubmitCopy(bench.Part((step - 1) * 100, 100), bench.Part(step * 100, 100)));
        }

        DmaChecksumTransfer checksum = bench.Channel.SubmitChecksum(bench.Part(0, 6000));
        transfers.Add(checksum);
        transfers.ForEach(transfer => transfer.Fence.OnSignaled((fence, _) => order.Add(fence.SequenceNumber), null));
        Assert.Equal(61, bench.Channel.PendingCount);
        Assert.Equal(Errno.EAGAIN, Assert.Throws<DmaBufException>(checksum.GetResult).Errno);
        gate.TrySignal();
        Assert.Equal(Errno.None, ChannelBench.Wait(checksum));
        Assert.Equal(Enumerable.Range(1, 61).Select(static number => (ulong)number), order);
        bench.Model.AsSpan(0, 6000).Fill(1);
        Assert.Equal(SHA256.HashData(bench.Model.AsSpan(0, 6000)), checksum.GetResult());
        Assert.All(transfers, transfer => Assert.Equal((bench.Channel.Timeline, transfer.Length), (transfer.Fence.Context, transfer.MovedBytes)));
        bench.ExpectCanvas();
        bench.ExpectNothingLeft();
    }

    [Fact]
    public void A_pattern_goes_on_through_all_ranges_and_the_device_reads_into_itself_and_writes_from_itself()
    {
        ChannelBench bench = new(SampleMachine.IommuEngine);
        InnerMemory inner = new(4096);
        (int, int)[] pieces = [(9000, 50), (100, 7), (5000, 4000)];
        byte[] pattern = [1, 2, 3];
        byte[] expected = [.. Enumerable.Range(0, 4057).Select(static index => (byte)((index % 3) + 1))];
        bench.Channel.SubmitFill(bench.ListOf(pieces), pattern);
        bench.Channel.SubmitRead(bench.ListOf(pieces).Slice(10, 4000), inner, 96);
        Assert.Equal(Errno.None, ChannelBench.Wait(bench.Channel.SubmitWrite(inner, 96, bench.Part(20_000, 4000))));
        bench.PutInModel(pieces, expected);
        Assert.Equal(expected[10..4010], inner.Bytes[96..]);
        bench.PutInModel([(20_000, 4000)], expected[10..4010]);
        bench.ExpectCanvas();
        bench.ExpectNothingLeft();
    }

    [Fact]
    public void An_in_fence_that_fails_fails_the_transfer_with_its_error_unless_it_goes_on()
    {
        ChannelBench bench = new(SampleMachine.IommuEngine);
        using FenceSource failing = new FenceContext("failing").CreateFence();
        DmaTransfer stopped = bench.Channel.SubmitFill(bench.Part(0, 10), [1], new DmaTransferOptions { After = After(failing) });
        DmaTransfer going = bench.Channel.SubmitFill(bench.Part(10, 10), [1], new DmaTransferOptions { After = After(failing), GoesOnAfterErrors = true });
        failing.TryFail(Errno.EIO);
        Assert.Equal((Errno.EIO, Errno.None), (ChannelBench.Wait(stopped), ChannelBench.Wait(going)));
        Assert.Equal((0UL, 10UL, Errno.EIO), (stopped.MovedBytes, going.MovedBytes, ((DmaBufException)stopped.Failure!).Errno));
        bench.Model.AsSpan(10, 10).Fill(1);
        bench.ExpectCanvas();
        bench.ExpectNothingLeft();
    }

    [Fact]
    public void A_held_transfer_waits_until_it_is_issued_and_holds_up_those_behind_it()
    {
        ChannelBench bench = new(SampleMachine.PlatformEngine);
        DmaTransfer held = bench.Channel.SubmitFill(bench.Part(0, 10), [1], new DmaTransferOptions { IsHeld = true });
        DmaTransfer dropped = bench.Channel.SubmitFill(bench.Part(10, 10), [1], new DmaTransferOptions { IsHeld = true });
        DmaTransfer behind = bench.Channel.SubmitFill(bench.Part(20, 10), [1]);
        Assert.True(dropped.Abort());
        Assert.False(dropped.Abort());

        // A timeline signals in order, so even the aborted one waits for its turn.
        Assert.Equal((false, false, false, 3), (held.Fence.IsSignaled, dropped.Fence.IsSignaled, behind.Fence.IsSignaled, bench.Channel.PendingCount));
        held.Issue();
        Assert.Equal((Errno.None, Errno.ECANCELED, Errno.None), (ChannelBench.Wait(held), ChannelBench.Wait(dropped), ChannelBench.Wait(behind)));
        bench.Model.AsSpan(0, 10).Fill(1);
        bench.Model.AsSpan(20, 10).Fill(1);
        bench.ExpectCanvas();

        // The device has not known of it.
        bench.ExpectNothingLeft();
    }

    [Fact]
    public void An_abort_ends_a_wait_for_a_fence_that_never_signals()
    {
        ChannelBench bench = new(SampleMachine.IommuEngine);
        FenceSource never = new FenceContext("never").CreateFence();
        DmaTransferOptions waiting = new() { After = After(never) };
        DmaTransfer[] transfers = [.. Enumerable.Range(0, 5).Select(index => bench.Channel.SubmitFill(bench.Part(index * 10, 10), [1], waiting))];
        Assert.Equal(5, bench.Channel.AbortAll());
        Assert.All(transfers, static transfer => Assert.Equal(Errno.ECANCELED, ChannelBench.Wait(transfer)));
        Assert.Equal(0, bench.Channel.AbortAll());
        bench.ExpectCanvas();
        DmaFault fault = bench.Machine.Faults.Snapshot()[^1];
        Assert.Equal((DmaFaultReason.Aborted, null, bench.Part(40, 1).Ranges[0].Start), (fault.Reason, fault.Access, fault.Address));
        bench.ExpectNothingLeft(faults: 5);
    }

    [Fact]
    public void Lists_that_cannot_be_are_refused_and_nothing_is_submitted()
    {
        ChannelBench bench = new(SampleMachine.IommuEngine);
        Expect.Fails(Errno.EINVAL, () => bench.Channel.SubmitCopy(bench.Part(0, 10), bench.Part(20, 11)));
        Expect.Fails(Errno.EINVAL, () => bench.Channel.SubmitFill(bench.Part(0, 10), []));
        Expect.Fails(Errno.EINVAL, () => bench.Channel.SubmitRead(bench.Part(0, 10), new InnerMemory(20), 11));
        Expect.Fails(Errno.EINVAL, () => bench.Channel.SubmitWrite(new InnerMemory(20), ulong.MaxValue, bench.Part(0, 10)));
        Expect.Fails(Errno.EINVAL, () => _ = new DmaRangeList());
        Expect.Fails(Errno.EINVAL, () => _ = new DmaRangeList(new DmaRange(new DmaAddress(1), 0)));
        Expect.Fails(Errno.EOVERFLOW, () => _ = new DmaRangeList(new DmaRange(new DmaAddress(ulong.MaxValue), 2)));
        Expect.Fails(Errno.EOVERFLOW, () => _ = new DmaRangeList(new DmaRange(new DmaAddress(0), ulong.MaxValue), new DmaRange(new DmaAddress(0), 1)));
        Expect.Fails(Errno.EINVAL, () => bench.Part(0, 10).Slice(5, 6));
        Expect.Fails(Errno.EINVAL, () => bench.Part(0, 10).Slice(5, 0));
        bench.ExpectNothingLeft();
    }

    [Fact]
    public void What_drivers_and_callbacks_throw_ends_in_their_own_fence_and_the_channel_goes_on()
    {
        ChannelBench bench = new(SampleMachine.IommuEngine);
        InnerMemory broken = new(100) { Throws = new InvalidOperationException("medium") };
        InnerMemory worn = new(100) { Throws = new DmaBufException(Errno.ENOSPC, "worn") };
        using FenceSource gate = new FenceContext("gate").CreateFence();
        DmaTransfer[] transfers =
        [
            bench.Channel.SubmitRead(bench.Part(0, 100), broken, 0, new DmaTransferOptions { After = After(gate) }),
            bench.Channel.SubmitWrite(worn, 0, bench.Part(0, 100)),
            bench.Channel.SubmitFill(bench.Part(0, 10), [1], new DmaTransferOptions { Finish = static _ => throw new InvalidOperationException("finish") }),
            bench.Channel.SubmitFill(bench.Part(0, 10), [1], new DmaTransferOptions { Finish = static _ => Errno.EINTR }),
            bench.Channel.SubmitWrite(worn, 0, bench.Part(0, 100), new DmaTransferOptions { Finish = static error => error == Errno.ENOSPC ? Errno.None : Errno.EIO }),
            bench.Channel.SubmitFill(bench.Part(10, 10), [1]),
        ];
        transfers[1].Fence.OnSignaled(static (_, _) => throw new InvalidOperationException("callback"), null);
        gate.TrySignal();
        Assert.Equal([Errno.EIO, Errno.ENOSPC, Errno.EIO, Errno.EINTR, Errno.None, Errno.None], transfers.Select(ChannelBench.Wait));
        Assert.Equal(["medium", "callback"], [transfers[0].Failure!.Message, transfers[1].CallbackFailure!.Flatten().InnerExceptions[0].Message]);
        bench.Model.AsSpan(0, 20).Fill(1);
        bench.ExpectCanvas();
        bench.ExpectNothingLeft();
    }

    [Theory]
    [MemberData(nameof(AllEngines))]
    public void A_device_that_goes_on_using_an_address_after_its_unmap_is_caught(string engine)
    {
        ChannelBench bench = new(engine);
        DmaRangeList whole = bench.Part(0, ChannelBench.Size);
        bench.UnmapBlock(1);
        int before = (int)bench.Blocks[0].Dma.Length;
        DmaChecksumTransfer reading = bench.Channel.SubmitChecksum(whole);
        DmaTransfer writing = bench.Channel.SubmitFill(whole, [7]);
        Assert.Equal((Errno.EFAULT, Errno.EFAULT), (ChannelBench.Wait(reading), ChannelBench.Wait(writing)));
        Assert.Equal(((ulong)before, (ulong)before), (reading.MovedBytes, writing.MovedBytes));
        Assert.Equal(Errno.EFAULT, Assert.Throws<DmaBufException>(reading.GetResult).Errno);
        bench.Model.AsSpan(0, before).Fill(7);
        bench.ExpectCanvas();
        Assert.All(bench.Machine.Faults.Snapshot(), fault => Assert.Equal((DmaFaultReason.NotMapped, bench.Blocks[1].Dma.Start), (fault.Reason, fault.Address)));
        bench.ExpectNothingLeft(faults: 2, unmapped: 1);
    }

    [Fact]
    public void A_transfer_beyond_what_the_device_can_address_ends_there()
    {
        SoftwareMachine machine = new SoftwareMachineBuilder { PlatformDmaOffset = 0x1_0000_0000 }.AddRam(new PhysicalAddress(0xfff0_0000), 0x10_0000)
            .AddPlatformDmaEngine("narrow", new DmaEngineOptions { LastAddress = new DmaAddress(0x1_ffff_ffff) }).Build();
        DmaEngineDevice engine = machine.GetEngine("narrow");
        PhysicalRange last = new(new PhysicalAddress(0xffff_f000), 0x1000);
        engine.MapRange(last, DmaDirection.FromDevice, DmaAttributes.None);
        DmaTransfer transfer = engine.CreateChannel("channel").SubmitFill(new DmaRangeList(new DmaRange(new DmaAddress(0x1_ffff_ff00), 0x200)), [1]);
        Assert.Equal((Errno.EFAULT, 0x100UL), (ChannelBench.Wait(transfer), transfer.MovedBytes));
        Assert.Equal(DmaFaultReason.OutOfReach, Assert.Single(machine.Faults.Snapshot()).Reason);
    }

    private static FenceSnapshot After(FenceSource source)
    {
        Reservation reservation = new();
        using (ReservationLock held = reservation.Lock())
        {
            reservation.AddFence(in held, source.Fence, FenceUsage.Bookkeep);
        }

        return reservation.Snapshot(FenceUsage.Bookkeep);
    }
}
