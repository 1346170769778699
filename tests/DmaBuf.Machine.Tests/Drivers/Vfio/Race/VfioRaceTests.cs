using System.Diagnostics;
using System.Globalization;

namespace DmaBuf.Machine.Tests;

/// <summary>
/// Guests map, copy, use and unmap, page tables and buffers come and go, peers move bytes by tables, rogue devices go on using old addresses, while the function is switched off
/// and on, reset, closed and opened again. Three seconds; <c>DMABUF_RACE_SECONDS</c> makes it longer, <c>DMABUF_RACE_SEED</c> repeats a run's choices.
/// </summary>
public sealed class VfioRaceTests
{
    private static readonly Errno[] s_expected = [Errno.ENODEV, Errno.EBADF, Errno.ENOENT, Errno.EPERM];

    private readonly VfioRaceWorld _world = new();
    private readonly List<Exception> _failures = [];
    private long _rounds;
    private long _checked;
    private TimeSpan _longest;

    [Fact]
    public void No_device_reaches_memory_that_is_off_and_nothing_is_left_whoever_comes_and_goes()
    {
        int seed = Number("DMABUF_RACE_SEED", 20261124);
        using CancellationTokenSource over = new(TimeSpan.FromSeconds(Number("DMABUF_RACE_SECONDS", 3)));
        Action<Random>[] parties =
        [
            random => Guest(0, random),
            random => Guest(1, random),
            random => Guest(2, random),
            random => Rogue(random),
            random => Tables(random),
            random => Replace(random),
            random => Peer(SampleMachine.DirectEngine, random),
            random => Transition(random),
        ];
        Thread[] threads = [.. parties.Select((party, index) => new Thread(() => Run(party, new Random(seed + index), over.Token)) { IsBackground = true })];
        Array.ForEach(threads, static thread => thread.Start());
        over.Token.WaitHandle.WaitOne();
        string[] stuck = [.. threads.Select((thread, index) => thread.Join(VfioBench.Patience) ? string.Empty : $"party {index}").Where(static name => name.Length != 0)];
        Assert.True(stuck.Length == 0, $"seed {seed}: {string.Join(", ", stuck)} did not come to an end\n{_world.Registry.Dump()}");
        Assert.True(_failures.Count == 0, $"seed {seed}: {string.Join('\n', _failures)}");
        _world.Device.CloseAsync(VfioBench.Patience).GetAwaiter().GetResult();
        _world.ExpectNothingLeft();
        TestContext.Current.TestOutputHelper?.WriteLine($"seed {seed}: {_rounds} rounds, {_checked} translations, {_world.Resets} times off, {_world.Machine.Faults.TotalCount} faults, longest transition {_longest.TotalMilliseconds:0} ms");
        Assert.True(_world.Resets > 3 && _checked > 20 && _rounds > 200, $"{_rounds} rounds, {_checked} translations, {_world.Resets} resets: the race stood still");
    }

    private static int Number(string variable, int otherwise)
        => int.TryParse(Environment.GetEnvironmentVariable(variable), CultureInfo.InvariantCulture, out int number) ? number : otherwise;

    private void Run(Action<Random> party, Random random, CancellationToken over)
    {
        try
        {
            while (!over.IsCancellationRequested)
            {
                try
                {
                    party(random);
                    Interlocked.Increment(ref _rounds);
                }
                catch (DmaBufException refused) when (s_expected.Contains(refused.Errno))
                {
                    // Off, closed, gone or somebody else's at this moment.
                }
                catch (ObjectDisposedException)
                {
                    // The slot's buffer was released.
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

    /// <summary>Maps a part, and what its page table says of it is right or nothing; copies what somebody has mapped lately; unmaps both.</summary>
    private void Guest(int space, Random random)
    {
        IoAddressSpace own = _world.Spaces[space];
        if (_world.Pick(random) is not { } slot)
        {
            return;
        }

        int first = random.Next(slot.Pages.Length);
        ulong length = (ulong)random.Next(1, slot.Pages.Length - first + 1) * VfioRaceWorld.Page;
        IoMapOptions flags = (IoMapOptions)(random.Next(1, 4) * 2);
        DmaAddress iova = _world.Context.MapFile(flags, own.Id, slot.Buffer, (ulong)first * VfioRaceWorld.Page, length);
        _world.Remember(space, iova, length);
        try
        {
            ulong page = (ulong)random.Next((int)(length / VfioRaceWorld.Page));
            if (_world.Domains[space].Inner.TryTranslate(new DmaAddress(iova.Value + (page * VfioRaceWorld.Page)), out IoTranslation found))
            {
                Assert.Equal((slot.Pages[first + (int)page], DmaAttributes.Mmio), (found.Physical, found.Attributes));
                Interlocked.Increment(ref _checked);
            }

            Use(space, iova, random);
            Copy(space, random);
        }
        finally
        {
            Assert.Equal(length, _world.Context.Unmap(own.Id, iova, length));
        }
    }

    /// <summary>What somebody has mapped lately, if it is still there, shows here, too, for a while.</summary>
    private void Copy(int space, Random random)
    {
        (int source, DmaAddress address, ulong length) = _world.Recent(random);
        if (length == 0)
        {
            return;
        }

        DmaAddress copy = _world.Context.Copy(IoMapOptions.Readable, _world.Spaces[space].Id, _world.Spaces[source].Id, address, length);
        _world.Remember(space, copy, length);
        Use(space, copy, random);
        Assert.Equal(length, _world.Context.Unmap(_world.Spaces[space].Id, copy, length));
    }

    /// <summary>A device that was programmed once and is never told.</summary>
    private void Rogue(Random random)
    {
        Yield(random.Next(10));
        (int space, DmaAddress address, ulong length) = _world.Recent(random);
        if (space < 2 && length != 0)
        {
            Use(space, new DmaAddress(address.Value + ((ulong)random.Next((int)length))), random);
        }
    }

    private void Use(int space, DmaAddress address, Random random)
    {
        if (space >= 2)
        {
            return;
        }

        try
        {
            byte[] bytes = new byte[1];
            if (random.Next(2) == 0)
            {
                _world.Engine(space).Write(address, bytes);
            }
            else
            {
                _world.Engine(space).Read(address, bytes);
            }
        }
        catch (DmaBufException fault) when (fault.Errno == Errno.EFAULT)
        {
            // What a device gets that uses an address which was taken away.
        }
    }

    /// <summary>A fourth page table is added to one of the address spaces, and removed again.</summary>
    private void Tables(Random random)
    {
        IoAddressSpace space = _world.Spaces[random.Next(3)];
        Yield(random.Next(10));
        space.AddDomain(_world.Domains[3]);
        Yield(random.Next(10));
        space.RemoveDomain(_world.Domains[3]);
        Assert.Equal(0UL, _world.Domains[3].Inner.MappedBytes);
    }

    /// <summary>The table of the second offer, by an importer that lets go when it is told.</summary>
    private void Peer(string name, Random random)
    {
        if (_world.Pick(random) is not { } slot)
        {
            return;
        }

        using DmaBufferReference reference = slot.Buffer.AddReference();
        using DynamicDmaImporter importer = new(_world.Machine.GetEngine(name), reference.Buffer);
        for (int jobs = random.Next(1, 5); jobs > 0; jobs--)
        {
            importer.Write((ulong)random.Next((int)reference.Buffer.Size - 16), new byte[16]);
        }
    }

    private void Replace(Random random)
    {
        // Now and then alone, so that the others have something to do with a buffer.
        Yield(random.Next(200));
        _world.Replace(random);
    }

    private void Transition(Random random)
    {
        Yield(random.Next(10));
        long began = Stopwatch.GetTimestamp();
        VfioPciDevice device = _world.Device;
        switch (random.Next(8))
        {
            case 0:
                _world.Reopen();
                break;
            case 1 or 2 or 3:
                Assert.Equal(RevokeOutcome.Drained, Ended(device.ResetAsync(VfioBench.Patience)).Outcome);
                break;
            default:
                Assert.Equal(RevokeOutcome.Drained, Ended(device.DisableMemorySpaceAsync(VfioBench.Patience)).Outcome);
                _world.ExpectUnreachable();
                Assert.Empty(Ended(device.EnableMemorySpaceAsync()).StayedRevoked);
                break;
        }

        // For whoever looks at a long run: a transition that takes seconds is waiting for somebody who has forgotten it.
        _longest = TimeSpan.FromTicks(Math.Max(_longest.Ticks, Stopwatch.GetElapsedTime(began).Ticks));
    }

    private static void Yield(int times)
    {
        for (; times > 0; times--)
        {
            Thread.Yield();
        }
    }

    private static VfioTransition Ended(Task<VfioTransition> transition) => transition.GetAwaiter().GetResult();
}
