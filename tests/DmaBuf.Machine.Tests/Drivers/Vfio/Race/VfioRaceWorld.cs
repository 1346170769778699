namespace DmaBuf.Machine.Tests;

/// <summary>
/// The machine of the race: one function in the hands of a device that is closed and opened again, buffers that come and go in a few slots, three address spaces with a page
/// table each that engines walk, and the addresses that were mapped lately, which rogue devices go on using.
/// </summary>
internal sealed class VfioRaceWorld
{
    internal const ulong Page = 4096;
    internal const int BarPages = 64;
    private const int Slots = 4;
    private const int Remembered = 64;

    private readonly Reservation[] _reservations = [.. Enumerable.Range(0, Slots).Select(static _ => new Reservation())];
    private readonly VfioRaceSlot?[] _slots = new VfioRaceSlot?[Slots];
    private readonly (int Space, DmaAddress Address, ulong Length)[] _recent = new (int, DmaAddress, ulong)[Remembered];
    private readonly Lock _recentLock = new();
    private readonly List<VfioPciDevice> _devices = [];
    private volatile VfioPciDevice _device;
    private int _remembered;

    internal VfioRaceWorld()
    {
        Context = new IommuFd(Access);
        Spaces = [.. Enumerable.Range(0, 3).Select(_ => Context.CreateAddressSpace(new IoAddressSpaceOptions { BatchCapacity = 2 }))];
        SoftwareIommu iommu = Machine.GetIommu(SampleMachine.Iommu);
        Domains = [.. Enumerable.Range(0, 4).Select(number => new OrderCheckingDomain(iommu.CreateDomain($"guest {number}"), _reservations, Spaces))];
        Machine.GetEngine(SampleMachine.IommuEngine).AttachDomain(Domains[0].Inner);
        Machine.GetEngine(SampleMachine.PeerEngine).AttachDomain(Domains[1].Inner);
        for (int space = 0; space < Spaces.Length; space++)
        {
            Spaces[space].AddDomain(Domains[space]);
        }

        _device = Open();
    }

    internal SoftwareMachine Machine { get; } = SoftwareMachine.CreateSample();

    internal DmaBufferRegistry Registry { get; } = new();

    internal PhysicalAddressAccess Access { get; } = PhysicalAddressAccess.Grant("race");

    internal IommuFd Context { get; }

    internal IoAddressSpace[] Spaces { get; }

    internal OrderCheckingDomain[] Domains { get; }

    internal VfioPciDevice Device => _device;

    internal int Resets { get; private set; }

    private PhysicalAddress Bar => Machine.GetPciFunction(SampleMachine.Gpu).Bars[0].Range.Start;

    internal DmaEngineDevice Engine(int space) => Machine.GetEngine(space == 0 ? SampleMachine.IommuEngine : SampleMachine.PeerEngine);

    /// <summary>A new buffer in a slot; whoever uses the old one finds it closed sooner or later.</summary>
    internal void Replace(Random random)
    {
        int slot = random.Next(Slots);
        BarRange[] ranges = [.. Enumerable.Range(0, random.Next(1, 5)).Select(_ => new BarRange((ulong)random.Next(BarPages - 4) * Page, (ulong)random.Next(1, 5) * Page))];
        DmaBuffer buffer = _device.CreateBuffer(0, ranges, new DmaBufferExportOptions { Registry = Registry, Name = "race", Reservation = _reservations[slot] });
        PhysicalAddress[] pages = [.. ranges.SelectMany(range =>
            Enumerable.Range(0, (int)(range.Length / Page)).Select(page => new PhysicalAddress(Bar.Value + range.Offset + ((ulong)page * Page))))];
        Interlocked.Exchange(ref _slots[slot], new VfioRaceSlot(buffer, pages))?.Buffer.Dispose();
    }

    internal VfioRaceSlot? Pick(Random random) => Volatile.Read(ref _slots[random.Next(Slots)]);

    internal void Remember(int space, DmaAddress address, ulong length)
    {
        lock (_recentLock)
        {
            _recent[_remembered++ % Remembered] = (space, address, length);
        }
    }

    internal (int Space, DmaAddress Address, ulong Length) Recent(Random random)
    {
        lock (_recentLock)
        {
            return _recent[random.Next(Remembered)];
        }
    }

    /// <summary>Closes the device under everybody and opens it again.</summary>
    internal void Reopen()
    {
        VfioPciDevice closed = _device;
        Assert.Equal(RevokeOutcome.Drained, closed.CloseAsync(VfioBench.Patience).GetAwaiter().GetResult().Outcome);
        ExpectUnreachable();
        _device = Open();
    }

    /// <summary>No importer is left that reaches the memory: no page table leads there, every address that was ever used faults, and no byte changes.</summary>
    internal void ExpectUnreachable()
    {
        ExpectEmptyTables();
        byte[] marker = new byte[BarPages * (int)Page];
        new Random(++_resets).NextBytes(marker);
        Machine.Memory.Write(Bar, marker);
        (int Space, DmaAddress Address, ulong)[] recent;
        lock (_recentLock)
        {
            recent = [.. _recent.Where(static one => one.Length != 0 && one.Space < 2)];
        }

        foreach ((int space, DmaAddress address, _) in recent)
        {
            Assert.False(VfioBench.Reaches(Engine(space), address), $"{address} of address space {space} still leads to memory that is off");
        }

        byte[] seen = new byte[marker.Length];
        Machine.Memory.Read(Bar, seen);
        Assert.True(seen.AsSpan().SequenceEqual(marker), "memory that is off was written by somebody");
        ExpectEmptyTables();
        Resets++;
    }

    /// <summary>Everybody has left: takes down what the world owns, and nothing may remain.</summary>
    internal void ExpectNothingLeft()
    {
        Array.ForEach(Spaces, space => Context.DestroyAddressSpace(space.Id));
        Array.ForEach(_slots, static slot => slot?.Buffer.Dispose());
        Assert.Equal((0, string.Empty), (Registry.Count, string.Join('\n', Registry.Problems)));
        ExpectEmptyTables();
        Assert.All(_devices, static device => Assert.Equal((0, 0), (device.PowerReferences, device.BufferCount)));
        Assert.All(Spaces, static space => Assert.Equal(0, space.AreaCount));
        Assert.All(Machine.Engines, static engine => Assert.Equal(0, engine.LiveMappingCount));
        Assert.All(Domains, static domain => Assert.Null(domain.Broken));
        Assert.All(Machine.Faults.Snapshot(), static fault => Assert.Contains(fault.Reason, new[] { DmaFaultReason.NotMapped, DmaFaultReason.Permission }));
        _devices.ForEach(static device => device.Dispose());
        Access.Dispose();
    }

    private int _resets;

    private VfioPciDevice Open()
    {
        VfioPciDevice? opened = null;
        opened = new VfioPciDevice(Machine.GetPciFunction(SampleMachine.Gpu), new VfioPciDeviceOptions
        {
            Resetting = ExpectUnreachable,
            PoweringUp = () => Domains[0].Note(
                !Domains[0].HoldsSpace() && !Domains[0].HoldsReservation() && !ImporterLocks.IsHeld(opened!), "an exporter is asked to attach under a lock"),
        });
        _devices.Add(opened);
        return opened;
    }

    private void ExpectEmptyTables()
        => Assert.All(Domains, static domain => Assert.True(domain.Inner.MappedBytes == 0, $"{domain.Name} still leads to {domain.Inner.MappedBytes} bytes of memory that is off"));
}
