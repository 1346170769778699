namespace DmaBuf.Machine;

/// <summary>Memory that the device reads.</summary>
internal sealed class RangeSource(DmaEngineDevice device, DmaRangeList list) : TransferSource
{
    private RangeCursor _cursor = new(list);

    public override DmaAddress? Position => _cursor.Position;

    public override int Take(Span<byte> destination, DmaTransfer transfer)
    {
        int count = device.ReadSome(_cursor.Position, destination[.._cursor.Limit(destination.Length)], transfer);
        _cursor.Advance(count);
        return count;
    }
}
