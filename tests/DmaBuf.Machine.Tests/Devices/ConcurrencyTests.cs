namespace DmaBuf.Machine.Tests;

public sealed class ConcurrencyTests
{
    private const int Threads = 4;
    private const int Rounds = 400;

    public static TheoryData<string> AllEngines => DmaEngineDeviceTests.AllEngines;

    [Theory]
    [MemberData(nameof(AllEngines))]
    public void Threads_that_map_move_and_unmap_on_one_device_do_not_see_each_other(string name)
    {
        SoftwareMachine machine = SoftwareMachine.CreateSample();
        DmaEngineDevice engine = machine.GetEngine(name);
        Parallel.For(0, Threads, new ParallelOptions { MaxDegreeOfParallelism = Threads }, thread =>
        {
            Random random = new(thread);
            for (int round = 0; round < Rounds; round++)
            {
                int length = random.Next(1, 6) * 4096;
                PhysicalRange ram = machine.Ram.AllocateContiguous((ulong)length);
                byte[] pattern = Expect.Pattern(length, seed: (thread * Rounds) + round);
                DmaRange range = new(engine.MapRange(ram, DmaDirection.FromDevice, DmaAttributes.None), ram.Length);
                engine.Write([range], pattern);
                engine.UnmapRange(range, DmaDirection.FromDevice, DmaAttributes.None);
                byte[] read = new byte[length];
                machine.Memory.Read(ram.Start, read);
                Assert.Equal(pattern, read);
                machine.Ram.Free(ram);
            }
        });
        Assert.Equal((0, 0L, 0UL), (engine.LiveMappingCount, machine.Faults.TotalCount, machine.Ram.AllocatedBytes));
        Assert.Equal(0UL, machine.Memory.CommittedBytes);
    }

    [Theory]
    [MemberData(nameof(AllEngines))]
    public void After_an_unmap_no_write_through_it_arrives_any_more(string name)
    {
        SoftwareMachine machine = SoftwareMachine.CreateSample();
        DmaEngineDevice engine = machine.GetEngine(name);
        PhysicalRange ram = machine.Ram.AllocateContiguous(16 * Expect.Page);
        byte[] ones = new byte[16 * 4096];
        ones.AsSpan().Fill(1);
        for (int round = 0; round < 100; round++)
        {
            DmaRange range = new(engine.MapRange(ram, DmaDirection.FromDevice, DmaAttributes.None), ram.Length);
            using ManualResetEventSlim started = new();
            Task writer = Task.Run(() =>
            {
                try
                {
                    while (true)
                    {
                        engine.Write([range], ones);
                        started.Set();
                    }
                }
                finally
                {
                    // A first write that fails must fail the test and not hang it.
                    started.Set();
                }
            }, TestContext.Current.CancellationToken);
            started.Wait(TestContext.Current.CancellationToken);
            engine.UnmapRange(range, DmaDirection.FromDevice, DmaAttributes.None);
            machine.Memory.Write(ram.Start, new byte[ones.Length]);
            AggregateException stopped = Assert.Throws<AggregateException>(() => writer.Wait(TestContext.Current.CancellationToken));
            Assert.Equal(Errno.EFAULT, Assert.IsType<DmaBufException>(stopped.InnerException).Errno);
            byte[] read = new byte[ones.Length];
            machine.Memory.Read(ram.Start, read);
            Assert.Equal(-1, read.AsSpan().IndexOfAnyExcept((byte)0));
        }
    }
}
