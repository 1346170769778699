namespace DmaBuf.Machine.Tests;

public sealed class PhysicalMemoryTests
{
    [Fact]
    public void Memory_holds_what_was_written_at_any_alignment()
    {
        SoftwareMachine machine = Expect.SmallMachine();
        byte[] written = Expect.Pattern(3 * 4096);
        PhysicalAddress address = new(0x1000_0000 + 4095);
        machine.Memory.Write(address, written);
        byte[] read = new byte[written.Length];
        machine.Memory.Read(address, read);
        Assert.Equal(written, read);
    }

    [Fact]
    public void Untouched_memory_reads_as_zero_and_stores_nothing()
    {
        SoftwareMachine machine = Expect.SmallMachine();
        byte[] read = Expect.Pattern(8192);
        machine.Memory.Read(new PhysicalAddress(0x1000_0000), read);
        Assert.All(read, value => Assert.Equal(0, value));
        Assert.Equal(0UL, machine.Memory.CommittedBytes);
    }

    [Theory]
    [InlineData(0UL, 1)]
    [InlineData(0x0FFF_FFFFUL, 2)]
    [InlineData(0x1000_0000UL + (256 * 4096) - 1, 2)]
    [InlineData(ulong.MaxValue, 2)]
    public void An_access_that_leaves_memory_faults_and_moves_nothing(ulong address, int length)
    {
        SoftwareMachine machine = Expect.SmallMachine();
        byte[] bytes = Expect.Pattern(length);
        byte[] kept = [.. bytes];
        Expect.Fails(Errno.EFAULT, () => machine.Memory.Write(new PhysicalAddress(address), bytes));
        Expect.Fails(Errno.EFAULT, () => machine.Memory.Read(new PhysicalAddress(address), bytes));
        Assert.Equal(kept, bytes);
        Assert.Equal(0UL, machine.Memory.CommittedBytes);
    }

    [Fact]
    public void An_access_crosses_from_one_region_to_the_next()
    {
        SoftwareMachine machine = new SoftwareMachineBuilder()
            .AddRam(new PhysicalAddress(0x3000), 0x1000).AddRam(new PhysicalAddress(0x2000), 0x1000).Build();
        byte[] written = Expect.Pattern(0x2000);
        machine.Memory.Write(new PhysicalAddress(0x2000), written);
        byte[] read = new byte[0x2000];
        machine.Memory.Read(new PhysicalAddress(0x2000), read);
        Assert.Equal(written, read);
        Assert.Equal(PhysicalMemoryKind.Ram, machine.Memory.KindOf(new PhysicalRange(new PhysicalAddress(0x2800), 0x1000)));
        Assert.Null(machine.Memory.KindOf(new PhysicalRange(new PhysicalAddress(0x3800), 0x1000)));
        Assert.Null(machine.Memory.KindOf(new PhysicalRange(new PhysicalAddress(0x2000), 0)));
        Assert.Null(machine.Memory.KindOf(new PhysicalRange(new PhysicalAddress(0x2000), ulong.MaxValue)));
    }

    [Fact]
    public void Terabytes_of_RAM_cost_what_is_touched_of_them()
    {
        const ulong Length = 16UL << 40;
        long before = GC.GetTotalMemory(forceFullCollection: true);
        SoftwareMachine machine = new SoftwareMachineBuilder().AddRam(new PhysicalAddress(1UL << 40), Length).Build();
        for (ulong part = 0; part < 16; part++)
        {
            machine.Memory.Write(new PhysicalAddress((1UL << 40) + (part << 40) + 12345), [(byte)(part + 1)]);
        }

        long cost = GC.GetTotalMemory(forceFullCollection: true) - before;
        Assert.InRange(cost, 0, 4 << 20);
        Assert.Equal(16 * Expect.Page, machine.Memory.CommittedBytes);
        byte[] last = new byte[1];
        machine.Memory.Read(new PhysicalAddress((1UL << 40) + (15UL << 40) + 12345), last);
        Assert.Equal(16, last[0]);
    }
}
