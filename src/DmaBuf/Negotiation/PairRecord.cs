namespace DmaBuf;

/// <summary>One pair that was tried and its verdict.</summary>
internal struct PairRecord
{
    internal short Offer;
    internal short Converted;
    internal short Request;
    internal MatchVerdict Verdict;
}
