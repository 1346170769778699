namespace DmaBuf.Machine;

/// <summary>Something inside the device.</summary>
internal sealed class DeviceMemorySink(IDeviceMemory memory, ulong offset) : TransferSink
{
    private ulong _next = offset;

    public override int Put(ReadOnlySpan<byte> source, DmaTransfer transfer)
    {
        memory.Write(_next, source);
        _next += (ulong)source.Length;
        return source.Length;
    }
}
