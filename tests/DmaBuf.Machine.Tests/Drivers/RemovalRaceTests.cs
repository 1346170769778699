using System.Diagnostics;
using System.Globalization;

namespace DmaBuf.Machine.Tests.Drivers;

/// <summary>
/// Machine after machine: guests map and use a VFIO device's memory, peers move bytes by tables, a GPU's buffer moves, until the functions or the switch above them are pulled
/// out in the middle of it. Two seconds; <c>DMABUF_RACE_SECONDS</c> makes it longer, <c>DMABUF_RACE_SEED</c> repeats a run's choices.
/// </summary>
public sealed class RemovalRaceTests
{
    // What a party may meet: the memory, or the device that reads it, is gone, or held in place. EINVAL besides, once there is no route to the function any more.
    private static readonly Errno[] s_expected = [Errno.ENODEV, Errno.EFAULT, Errno.ENOENT, Errno.EBUSY, Errno.ECANCELED];

    [Fact]
    public void Whatever_is_pulled_out_meanwhile_nothing_of_a_VFIO_device_is_reached_or_left() => Repeat(static random =>
    {
        using VfioBench bench = new(domains: 2);
        using DmaBuffer buffer = bench.Export();
        List<DmaAddress> seen = [];
        PciFunction function = bench.Device.Function;
        RunUntilRemoved(
            function,
            () => Remove(bench.Machine, function, random),
            () =>
            {
                DmaAddress mapped = bench.Map(buffer);
                seen.Add(mapped);
                VfioBench.Reaches(bench.Engine, mapped);
                bench.Context.Unmap(bench.Space.Id, mapped, buffer.Size);
            },
            () => UseTable(bench.Machine.GetEngine(SampleMachine.PeerEngine), buffer),
            () => UseTable(bench.Machine.GetEngine(SampleMachine.DirectEngine), buffer),
            () => bench.Export().Dispose());
        Assert.Equal(BufferPhase.Dead, buffer.Phase);
        Assert.All(bench.Domains, static domain => Assert.Equal(0UL, domain.MappedBytes));
        Assert.All(seen, address => Assert.False(VfioBench.Reaches(bench.Engine, address)));
        bench.Problems = ExpectOnlyQuarantine(bench.Registry);
    });

    [Fact]
    public void Whenever_a_GPU_is_pulled_out_its_buffers_and_their_moves_end() => Repeat(static random =>
    {
        DriverBench bench = new();
        PciFunction function = bench.LinkedGpu.Engine!.Function!;
        using (DmaBuffer buffer = bench.Graphics(gpu: bench.LinkedGpu))
        {
            GraphicsBufferExporter exporter = DriverBench.Exporter(buffer);
            RunUntilRemoved(
                function,
                () => Remove(bench.Machine, function, random),
                () => exporter.MoveTo(exporter.Placement == GraphicsPlacement.DeviceMemory ? GraphicsPlacement.SystemMemory : GraphicsPlacement.DeviceMemory),
                () => UseTable(bench.Engine(SampleMachine.IommuEngine), buffer),
                () => UseTable(bench.Engine(SampleMachine.PlatformEngine), buffer, PeerToPeerAcceptance.NotAccepted));
            Assert.True(buffer.Reservation.Snapshot(FenceUsage.Bookkeep).Wait(VfioBench.Patience), "a fence was left pending");
            Assert.Equal((0, 0), (buffer.AttachmentCount, buffer.MappingCount));
        }

        ExpectOnlyQuarantine(bench.Registry);
        bench.ExpectNothingLeft(faults: bench.Machine.Faults.TotalCount);
    });

    private static void Repeat(Action<Random> round)
    {
        int seed = Number("DMABUF_RACE_SEED", 20261124);
        TimeSpan enough = TimeSpan.FromSeconds(Number("DMABUF_RACE_SECONDS", 2));
        long start = Stopwatch.GetTimestamp();
        int rounds = 0;
        do
        {
            try
            {
                round(new Random(seed + rounds++));
            }
            catch (Exception failure)
            {
                throw new InvalidOperationException($"seed {seed + rounds - 1}: {failure}", failure);
            }
        }
        while (Stopwatch.GetElapsedTime(start) < enough);
        TestContext.Current.TestOutputHelper?.WriteLine($"{rounds} machines from seed {seed}");
        Assert.True(rounds > 5, $"only {rounds} machines");
    }

    private static void RunUntilRemoved(PciFunction function, Action remove, params Action[] parties)
    {
        List<Exception> failures = [];
        using Barrier together = new(parties.Length + 1);
        Thread[] threads = [.. parties.Select(party => new Thread(() =>
        {
            together.SignalAndWait();
            while (!Once(party, function, failures) && !function.IsRemoved)
            {
            }
        }) { IsBackground = true })];
        Array.ForEach(threads, static thread => thread.Start());
        together.SignalAndWait();
        remove();
        Assert.All(threads, static thread => Assert.True(thread.Join(VfioBench.Patience), "a party did not come to an end"));
        Assert.Empty(failures);
    }

    /// <returns>True: it failed for a reason that must not be.</returns>
    private static bool Once(Action party, PciFunction function, List<Exception> failures)
    {
        try
        {
            party();
            return false;
        }
        catch (DmaBufException refused) when (s_expected.Contains(refused.Errno) || (refused.Errno == Errno.EINVAL && function.IsRemoved))
        {
            return false;
        }
        catch (Exception failure)
        {
            lock (failures)
            {
                failures.Add(failure);
            }

            return true;
        }
    }

    private static void Remove(SoftwareMachine machine, PciFunction function, Random random)
    {
        PciRemovalKind kind = random.Next(2) == 0 ? PciRemovalKind.Orderly : PciRemovalKind.Surprise;
        Thread.SpinWait(random.Next(100_000));
        if (random.Next(2) == 0)
        {
            function.Remove(kind);
        }
        else
        {
            machine.PciPorts.Last(port => port.Functions.Contains(function)).RemoveBelow(kind);
        }
    }

    private static void UseTable(DmaEngineDevice engine, DmaBuffer buffer, PeerToPeerAcceptance acceptance = PeerToPeerAcceptance.Accepted)
    {
        using DynamicDmaImporter importer = new(engine, buffer, acceptance);
        byte[] bytes = new byte[512];
        importer.Write(0, bytes);
        importer.Read(4096, bytes);
    }

    private static long ExpectOnlyQuarantine(DmaBufferRegistry registry)
    {
        Assert.All(registry.Problems, static problem => Assert.Equal(DmaBufferProblemKind.Quarantined, problem.Kind));
        return registry.ProblemCount;
    }

    private static int Number(string variable, int otherwise)
        => int.TryParse(Environment.GetEnvironmentVariable(variable), CultureInfo.InvariantCulture, out int number) ? number : otherwise;
}
