namespace DmaBuf.Machine.Tests;

/// <summary>Assertions on errors and faults, and bytes that differ at every place.</summary>
internal static class Expect
{
    public const ulong Page = 4096;

    public static DmaBufException Fails(Errno errno, Action action)
    {
        DmaBufException exception = Assert.Throws<DmaBufException>(action);
        Assert.Equal(errno, exception.Errno);
        return exception;
    }

    /// <summary>The access must be stopped with EFAULT and leave exactly one entry in the log.</summary>
    public static void Faults(SoftwareMachine machine, DmaFaultReason reason, DmaAccess access, DmaAddress address, Action action)
    {
        long before = machine.Faults.TotalCount;
        Fails(Errno.EFAULT, action);
        Assert.Equal(before + 1, machine.Faults.TotalCount);
        DmaFault fault = machine.Faults.Snapshot()[^1];
        Assert.Equal((reason, access, address), (fault.Reason, fault.Access, fault.Address));
    }

    public static byte[] Pattern(int length, int seed = 1)
    {
        byte[] bytes = new byte[length];
        new Random(seed).NextBytes(bytes);
        return bytes;
    }

    public static SoftwareMachine SmallMachine() =>
        new SoftwareMachineBuilder().AddRam(new PhysicalAddress(0x1000_0000), 256 * Page).Build();
}
