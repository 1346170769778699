using System.Globalization;

namespace DmaBuf.Machine.Tests.Drivers;

/// <summary>
/// Importers of every kind attach, map, work and detach on one GPU buffer while it moves and is revoked, each in a slice of its own whose bytes it knows. Two seconds;
/// <c>DMABUF_RACE_SECONDS</c> makes it longer, <c>DMABUF_RACE_SEED</c> repeats a run's choices.
/// </summary>
public sealed class RaceTests
{
    private const int Slices = 8;
    private const int Slice = DriverBench.Size / Slices;

    private readonly DriverBench _bench = new();
    private readonly List<Exception> _failures = [];
    private readonly GpuLinkPort _link;
    private int _rounds;

    public RaceTests() => _link = _bench.Link.Connect();

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void No_byte_is_lost_and_no_address_is_stale_whoever_moves_or_takes_the_buffer_meanwhile(bool engineFails)
    {
        int seed = Number("DMABUF_RACE_SEED", 20260217);
        using CancellationTokenSource over = new(TimeSpan.FromSeconds(Number("DMABUF_RACE_SECONDS", 2)));
        using (DmaBuffer buffer = _bench.Graphics(gpu: _bench.LinkedGpu))
        {
            RdmaAdapter peer = new(_bench.Engine(SampleMachine.IommuEngine));
            RdmaAdapter plain = new(_bench.Engine(SampleMachine.PlatformEngine));
            Action<Random, byte[]>[] parties =
            [
                (random, known) => Adapter(peer, buffer, PeerToPeerAcceptance.Accepted, 0, random, known, over.Token),
                (random, known) => Adapter(plain, buffer, PeerToPeerAcceptance.NotAccepted, 1, random, known, over.Token),
                (random, known) => Device(new StaticDmaImporter(_bench.Engine(SampleMachine.DirectEngine), buffer), 2, random, known),
                (random, known) => Device(new DynamicDmaImporter(_bench.Engine(SampleMachine.PeerEngine), buffer), 3, random, known),
                (random, known) => Device(new DynamicDmaImporter(_bench.Engine(SampleMachine.PlatformEngine), buffer, PeerToPeerAcceptance.NotAccepted), 4, random, known),
                (random, known) => Driver(buffer, 5, random, known),
                (random, known) => Linked(buffer, 6, random, known),
                (random, known) => Device(new StaticDmaImporter(_bench.Engine(SampleMachine.PlatformEngine), buffer), 7, random, known),
                (random, _) => DriverBench.Exporter(buffer).MoveTo((GraphicsPlacement)random.Next(2)),
                (random, _) => TakeAwayAndGiveBack(buffer, random),
                (random, _) => Fail(engineFails ? random.Next(1, 6) : 0),
            ];
            Thread[] threads = [.. parties.Select((party, index) => new Thread(() => Run(party, index, seed, over.Token)))];
            Array.ForEach(threads, static thread => thread.Start());
            Array.ForEach(threads, static thread => thread.Join());
            Assert.True(_failures.Count == 0, $"seed {seed}: {string.Join('\n', _failures)}");
            Assert.True(_rounds > 100, $"only {_rounds} rounds: the race stood still");
            Assert.Equal((0, 0), (buffer.AttachmentCount, buffer.MappingCount));
        }

        Assert.Equal(0, _bench.Link.FaultCount);
        Assert.All(_bench.Machine.Faults.Snapshot(), static fault => Assert.Equal(DmaFaultReason.Injected, fault.Reason));
        Assert.Equal(engineFails, _bench.Machine.Faults.TotalCount > 0);
        _bench.ExpectNothingLeft(faults: _bench.Machine.Faults.TotalCount);
    }

    private static int Number(string variable, int otherwise)
        => int.TryParse(Environment.GetEnvironmentVariable(variable), CultureInfo.InvariantCulture, out int number) ? number : otherwise;

    // The GPU's own engine, so only moves fail, and only their first way of being made.
    private void Fail(int access)
    {
        _bench.LinkedGpu.Engine!.Injection = access == 0 ? null : DmaFaultInjection.FailAccess(access);
        Thread.Yield();
    }

    private void Run(Action<Random, byte[]> party, int index, int seed, CancellationToken over)
    {
        Random random = new(seed + index);
        byte[] known = index < Slices ? _bench.Contents[(index * Slice)..((index + 1) * Slice)] : [];
        try
        {
            while (!over.IsCancellationRequested)
            {
                try
                {
                    party(random, known);
                    Interlocked.Increment(ref _rounds);
                }
                catch (DmaBufException refused) when (refused.Errno is Errno.ENODEV or Errno.EBUSY)
                {
                    // Revoked, or held in place, at this moment.
                }
            }
        }
        catch (Exception failure)
        {
            lock (_failures)
            {
                _failures.Add(failure);
            }
        }
    }

    private void Adapter(RdmaAdapter adapter, DmaBuffer buffer, PeerToPeerAcceptance acceptance, int slice, Random random, byte[] known, CancellationToken over)
    {
        using RdmaMemoryRegion region = adapter.Register(buffer, acceptance);
        for (int work = random.Next(1, 20); work > 0 && !over.IsCancellationRequested; work--)
        {
            Exchange(
                slice,
                random,
                known,
                (offset, bytes) => Done(region.PostWrite(offset, bytes)),
                (offset, bytes) => Done(region.PostRead(offset, bytes)));
        }
    }

    private void Device(IDisposable importer, int slice, Random random, byte[] known)
    {
        using (importer)
        {
            for (int work = random.Next(1, 5); work > 0; work--)
            {
                Exchange(
                    slice,
                    random,
                    known,
                    (offset, bytes) => Choose(importer, device => device.Write(offset, bytes.Span), device => device.Write(offset, bytes.Span)),
                    (offset, bytes) => Choose(importer, device => device.Read(offset, bytes.Span), device => device.Read(offset, bytes.Span)));
            }
        }
    }

    private static void Choose(IDisposable importer, Action<StaticDmaImporter> whenStatic, Action<DynamicDmaImporter> whenDynamic)
    {
        if (importer is StaticDmaImporter fixedOne)
        {
            whenStatic(fixedOne);
        }
        else
        {
            whenDynamic((DynamicDmaImporter)importer);
        }
    }

    private static void Driver(DmaBuffer buffer, int slice, Random random, byte[] known)
    {
        GraphicsBufferExporter exporter = DriverBench.Exporter(buffer);
        Exchange(slice, random, known, (offset, bytes) => exporter.Write(offset, bytes), (offset, bytes) => exporter.Read(offset, bytes));
    }

    private void Linked(DmaBuffer buffer, int slice, Random random, byte[] known)
    {
        using GpuLinkAttachment attachment = buffer.Attach(new LettingGo(), GpuLinkMappingType.Request(_link));
        Exchange(
            slice,
            random,
            known,
            (offset, bytes) => OverLink(attachment, address => _link.Write(new GpuLinkAddress(address.Value + offset), bytes.Span)),
            (offset, bytes) => OverLink(attachment, address => _link.Read(new GpuLinkAddress(address.Value + offset), bytes.Span)));
    }

    private static void OverLink(GpuLinkAttachment attachment, Action<GpuLinkAddress> work)
    {
        using FenceSource done = new FenceContext("linked gpu").CreateFence();
        FenceSnapshot arrival;
        GpuLinkMapping mapping;
        using (ReservationLock held = attachment.Buffer.Reservation.Lock())
        {
            mapping = attachment.MapGpuLinkLocked(in held);
            arrival = attachment.Buffer.Reservation.Snapshot(FenceUsage.Kernel);
            attachment.AddFence(in held, done.Fence, FenceUsage.Bookkeep);
        }

        using (mapping)
        {
            arrival.Wait(Timeout.InfiniteTimeSpan);
            mapping.Use(range =>
            {
                work(range.Start);
                return 0;
            });
            done.TrySignal();
        }
    }

    // First the whole slice, which nobody else writes, is as this party left it, through whatever came in between; then it is changed.
    private static void Exchange(int slice, Random random, byte[] known, Action<ulong, Memory<byte>> write, Action<ulong, Memory<byte>> read)
    {
        byte[] seen = new byte[Slice];
        read((ulong)(slice * Slice), seen);
        Assert.True(seen.AsSpan().SequenceEqual(known), $"slice {slice} is not as it was left");
        byte[] update = new byte[random.Next(1, Slice)];
        random.NextBytes(update);
        int at = random.Next(Slice - update.Length);
        write((ulong)((slice * Slice) + at), update);
        update.CopyTo(known, at);
    }

    private static void Done(Fence fence)
    {
        Assert.True(fence.Wait(TimeSpan.FromSeconds(60)), $"{fence} does not end");
        if (fence.Error != Errno.None)
        {
            throw new DmaBufException(fence.Error, $"{fence}.");
        }
    }

    private static void TakeAwayAndGiveBack(DmaBuffer buffer, Random random)
    {
        for (int wait = random.Next(200); wait > 0; wait--)
        {
            Thread.Yield();
        }

        Assert.Equal(RevokeOutcome.Drained, DriverBench.Revoke(buffer, TimeSpan.FromSeconds(60)).Outcome);
        buffer.UnrevokeAsync().AsTask().GetAwaiter().GetResult();
    }
}
