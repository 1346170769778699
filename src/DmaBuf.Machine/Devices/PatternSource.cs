namespace DmaBuf.Machine;

/// <summary>A pattern, again and again.</summary>
internal sealed class PatternSource(ReadOnlySpan<byte> pattern) : TransferSource
{
    private readonly byte[] _pattern = pattern.ToArray();
    private int _next;

    public override int Take(Span<byte> destination, DmaTransfer transfer)
    {
        for (int index = 0; index < destination.Length; index++)
        {
            destination[index] = _pattern[_next];
            _next = (_next + 1) % _pattern.Length;
        }

        return destination.Length;
    }
}
