namespace DmaBuf.Machine;

/// <summary>Something inside the device.</summary>
internal sealed class DeviceMemorySource(IDeviceMemory memory, ulong offset) : TransferSource
{
    private ulong _next = offset;

    public override int Take(Span<byte> destination, DmaTransfer transfer)
    {
        memory.Read(_next, destination);
        _next += (ulong)destination.Length;
        return destination.Length;
    }
}
