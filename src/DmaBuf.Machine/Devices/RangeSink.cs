namespace DmaBuf.Machine;

/// <summary>Memory that the device writes.</summary>
internal sealed class RangeSink(DmaEngineDevice device, DmaRangeList list) : TransferSink
{
    private RangeCursor _cursor = new(list);

    public override DmaAddress? Position => _cursor.Position;

    public override int Put(ReadOnlySpan<byte> source, DmaTransfer transfer)
    {
        int count = device.WriteSome(_cursor.Position, source[.._cursor.Limit(source.Length)], transfer);
        _cursor.Advance(count);
        return count;
    }
}
