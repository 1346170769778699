namespace DmaBuf.Machine.Tests.SharedTests;

/// <summary>The sample machine, of which nothing may be left in use.</summary>
internal static class SoftwareSubject
{
    /// <summary>Where the machine's interrupts go, as on a PC.</summary>
    internal static DmaRange Interrupts { get; } = new(new DmaAddress(0xFEE0_0000), 1 << 20);

    internal static string? Leftovers(SoftwareMachine machine)
    {
        int mappings = machine.Engines.Sum(static engine => engine.LiveMappingCount);
        return machine.Ram.AllocatedBytes == 0 && mappings == 0 ? null : $"{machine.Ram.AllocatedBytes} bytes of RAM and {mappings} mappings are in use";
    }

    internal static byte[] Look(DmaBuffer buffer, ulong offset, ulong length)
    {
        byte[] bytes = new byte[length];
        ((MachineExporter)buffer.Exporter).Read(offset, bytes);
        return bytes;
    }

    /// <summary>A device that was not let through notices it; what became of memory is what tests look at.</summary>
    internal static void Try(Action access)
    {
        try
        {
            access();
        }
        catch (DmaBufException fault) when (fault.Errno == Errno.EFAULT)
        {
            // Recorded by the machine as a fault.
        }
    }
}
