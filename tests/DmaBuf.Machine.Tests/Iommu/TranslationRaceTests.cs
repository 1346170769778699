namespace DmaBuf.Machine.Tests;

public sealed class TranslationRaceTests
{
    private const int Seed = 20260217;
    private const int Slots = 8;
    private const int Rounds = 3000;

    [Fact]
    public async Task After_an_unmap_no_device_writes_into_what_was_mapped()
    {
        SoftwareMachine machine = SoftwareMachine.CreateSample();
        SoftwareIommuDomain domain = machine.GetIommu(SampleMachine.Iommu).CreateDomain("race");
        DmaEngineDevice[] engines = [machine.GetEngine(SampleMachine.IommuEngine), machine.GetEngine(SampleMachine.PeerEngine)];
        foreach (DmaEngineDevice engine in engines)
        {
            engine.AttachDomain(domain);
        }

        using CancellationTokenSource end = new();
        CancellationToken test = TestContext.Current.CancellationToken;
        Task<long>[] devices = [.. engines.Select((engine, index) => Task.Run(() => WriteUntil(engine, Seed + index, end.Token), test))];
        Random random = new(Seed);
        byte[] seen = new byte[2 * (int)Expect.Page];
        byte[] zero = new byte[seen.Length];
        for (int round = 0; round < Rounds; round++)
        {
            PhysicalRange ram = machine.Ram.AllocateContiguous(2 * Expect.Page);
            DmaRange addresses = new(new DmaAddress((ulong)(1 + random.Next(Slots - 1)) * Expect.Page), ram.Length);
            domain.Map(addresses.Start, ram, DmaDirection.Bidirectional, DmaAttributes.None);
            if (round % 64 == 0)
            {
                // Now and then wait until a device has really been here.
                while (!seen.AsSpan().ContainsAnyExcept((byte)0))
                {
                    machine.Memory.Read(ram.Start, seen);
                }
            }

            if (random.Next(2) == 0)
            {
                domain.Unmap(addresses);
            }
            else
            {
                domain.UnmapWithoutInvalidation(addresses);
                domain.Invalidate(addresses);
            }

            machine.Memory.Write(ram.Start, zero);
            machine.Memory.Read(ram.Start, seen);
            machine.Ram.Free(ram);
            Assert.False(seen.AsSpan().ContainsAnyExcept((byte)0), $"Round {round} of seed {Seed}: a device wrote after the unmap.");
        }

        await end.CancelAsync();
        long written = (await Task.WhenAll(devices)).Sum();
        Assert.True(written > 0, "The devices got through at times.");
        Assert.Equal((0UL, 1), (domain.MappedBytes, domain.Statistics.Tables));
        foreach (DmaEngineDevice engine in engines)
        {
            engine.DetachDomain();
            Assert.Equal(0, engine.LiveMappingCount);
        }
    }

    private static long WriteUntil(DmaEngineDevice engine, int seed, CancellationToken end)
    {
        Random random = new(seed);
        byte[] ones = new byte[100];
        ones.AsSpan().Fill(0xFF);
        long written = 0;
        while (!end.IsCancellationRequested)
        {
            try
            {
                engine.Write(new DmaAddress((ulong)random.Next((Slots + 1) * (int)Expect.Page)), ones);
                written++;
            }
            catch (DmaBufException fault) when (fault.Errno == Errno.EFAULT)
            {
                // Most of the time nothing is mapped there, which is the point.
            }
        }

        return written;
    }
}
