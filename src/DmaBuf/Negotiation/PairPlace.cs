namespace DmaBuf;

/// <summary>Where a pair stands: one word, so that it is written at once.</summary>
internal readonly record struct PairPlace
{
    private const int ConvertedShift = 16;
    private const int RequestShift = 32;

    private readonly ulong _word;

    /// <summary>Names a pair by its indexes.</summary>
    /// <param name="offer">In the exporter's list.</param>
    /// <param name="converted">Among the offer's conversions; -1: the offer itself.</param>
    /// <param name="request">In the importer's list.</param>
    internal PairPlace(int offer, int converted, int request)
        => _word = (ushort)offer | ((ulong)(ushort)converted << ConvertedShift) | ((ulong)(uint)request << RequestShift);

    internal short Offer => (short)_word;

    internal short Converted => (short)(_word >> ConvertedShift);

    internal short Request => (short)(_word >> RequestShift);
}
