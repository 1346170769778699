using System.Globalization;

namespace DmaBuf.Machine.Tests;

/// <summary>
/// Threads share an engine's channels; each maps memory of its own, submits, and aborts, unmaps or waits, as it likes; in the end the device is pulled out in flight.
/// <c>DMABUF_RACE_SEED</c> repeats a run's choices.
/// </summary>
/// <remarks>
/// Where I/O virtual addresses are shared, nobody unmaps before the device is done: the address would be another thread's next, and no hardware tells that from a good access.
/// </remarks>
public sealed class DmaChannelRaceTests
{
    private const int Threads = 4;
    private const int Rounds = 150;
    private const int Length = 8 * 4096;

    [Theory]
    [InlineData(SampleMachine.IommuEngine, false, false)]
    [InlineData(SampleMachine.DirectEngine, false, true)]
    [InlineData(SampleMachine.IommuEngine, true, true)]
    public void Every_fence_signals_and_no_byte_changes_after_it_whoever_aborts_unmaps_or_removes(string name, bool ownEngines, bool unmaps)
    {
        int seed = int.TryParse(Environment.GetEnvironmentVariable("DMABUF_RACE_SEED"), CultureInfo.InvariantCulture, out int given) ? given : 20261124;
        SoftwareMachineBuilder builder = SampleMachine.Describe();
        PciHostBridgeBuilder bridge = builder.AddHostBridge(PciHostBridgePolicy.Listed);
        for (int thread = 0; thread < Threads; thread++)
        {
            bridge.AddRootPort().AddEndpoint($"own{thread}").WithDmaEngine(new DmaEngineOptions { Iommu = SampleMachine.Iommu });
        }

        SoftwareMachine machine = builder.Build();
        DmaEngineDevice[] engines = [.. Enumerable.Range(0, Threads).Select(thread => machine.GetEngine(ownEngines ? $"own{thread}" : name))];
        DmaChannel[][] channels = [.. engines.Distinct().Select(static engine => new[] { engine.CreateChannel("first"), engine.CreateChannel("second") })];
        List<Exception> failures = [];
        int ended = 0;
        using ManualResetEventSlim half = new();
        Thread[] threads = [.. Enumerable.Range(0, Threads).Select(thread => new Thread(() =>
        {
            Random random = new(seed + thread);
            try
            {
                for (int round = 0; round < Rounds; round++)
                {
                    DmaChannel[] mine = channels[thread % channels.Length];
                    Round(machine, mine[random.Next(mine.Length)], random, unmaps);
                    if (Interlocked.Increment(ref ended) == Threads * Rounds / 2)
                    {
                        half.Set();
                    }
                }
            }
            catch (Exception failure)
            {
                half.Set();
                lock (failures)
                {
                    failures.Add(failure);
                }
            }
        }))];
        Array.ForEach(threads, static thread => thread.Start());
        half.Wait(TestContext.Current.CancellationToken);
        Array.ForEach(engines, static engine => engine.Function!.Remove());
        Array.ForEach(threads, static thread => thread.Join());
        Assert.True(failures.Count == 0, $"seed {seed}: {string.Join('\n', failures)}");
        Assert.All(channels.SelectMany(static both => both), static channel => Assert.Equal((0, 0), (channel.PendingCount, channel.Device.LiveMappingCount)));
        Assert.Equal(0UL, machine.Ram.AllocatedBytes);
    }

    private static void Round(SoftwareMachine machine, DmaChannel channel, Random random, bool unmaps)
    {
        DmaEngineDevice engine = channel.Device;
        PhysicalRange source = machine.Ram.AllocateContiguous(Length);
        PhysicalRange target = machine.Ram.AllocateContiguous(Length);
        byte[] bytes = Expect.Pattern(Length, random.Next());
        machine.Memory.Write(source.Start, bytes);
        DmaRange from = new(engine.MapRange(source, DmaDirection.ToDevice, DmaAttributes.None), Length);
        DmaRange to = new(engine.MapRange(target, DmaDirection.FromDevice, DmaAttributes.None), Length);
        bool unmapsEarly = unmaps && random.Next(3) == 0;
        List<DmaTransfer> transfers = [];
        try
        {
            transfers.Add(channel.SubmitCopy(new DmaRangeList(from), new DmaRangeList(to)));
            transfers.Add(channel.SubmitCopy(new DmaRangeList(from), new DmaRangeList(to)));
            if (random.Next(3) == 0)
            {
                transfers[random.Next(2)].Abort();
            }
        }
        catch (DmaBufException gone) when (gone.Errno == Errno.ENODEV && engine.Function!.IsRemoved)
        {
            // Pulled out. A first transfer that got in is waited for all the same.
        }

        if (!unmapsEarly)
        {
            transfers.ForEach(static transfer => ChannelBench.Wait(transfer));
        }

        engine.UnmapRange(to, DmaDirection.FromDevice, DmaAttributes.None);
        engine.UnmapRange(from, DmaDirection.ToDevice, DmaAttributes.None);

        // From here on nothing may arrive any more, whether the fences have signaled or not.
        byte[] seen = new byte[Length];
        machine.Memory.Read(target.Start, seen);
        transfers.ForEach(transfer => ExpectEnd(engine, transfer, unmapsEarly, seen, bytes));
        byte[] after = new byte[Length];
        machine.Memory.Read(target.Start, after);
        Assert.True(seen.AsSpan().SequenceEqual(after), "a byte arrived after the unmap");
        machine.Ram.Free(source);
        machine.Ram.Free(target);
    }

    private static void ExpectEnd(DmaEngineDevice engine, DmaTransfer transfer, bool unmapped, byte[] seen, byte[] bytes)
    {
        Errno error = ChannelBench.Wait(transfer);
        int moved = (int)transfer.MovedBytes;
        Assert.True(
            error == Errno.None ? moved == Length : error == Errno.ECANCELED || (error == Errno.EFAULT && unmapped) || (error == Errno.ENODEV && engine.Function!.IsRemoved), $"{transfer}");
        Assert.True(seen.AsSpan(0, moved).SequenceEqual(bytes.AsSpan(0, moved)), "bytes are not those of the source");
    }
}
