namespace DmaBuf.Machine;

/// <summary>A run of addresses of any kind: start, and end (exclusive).</summary>
internal readonly record struct Extent(ulong Start, ulong End)
{
    public ulong Length => End - Start;

    public bool Overlaps(Extent other) => Start < other.End && other.Start < End;
}
