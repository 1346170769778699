namespace DmaBuf;

/// <summary>
/// Which mapping types stand in a list, one bit each: two lists without a common bit have nothing in common. Exact for a process's first 256 types,
/// beyond them several share a bit.
/// </summary>
/// <param name="First">Types 0 to 63: nearly always all that there are.</param>
/// <param name="Second">Types 64 to 127.</param>
/// <param name="Third">Types 128 to 191.</param>
/// <param name="Fourth">Types 192 to 255.</param>
internal readonly record struct TypeMask(ulong First, ulong Second, ulong Third, ulong Fourth)
{
    internal bool Overlaps(in TypeMask other)
        => (First & other.First) != 0
            || ((Second & other.Second) | (Third & other.Third) | (Fourth & other.Fourth)) != 0;

    internal TypeMask With(MappingType type)
    {
        ulong bit = 1UL << (type.Id & 63);
        return ((type.Id >> 6) & 3) switch
        {
            0 => this with { First = First | bit },
            1 => this with { Second = Second | bit },
            2 => this with { Third = Third | bit },
            _ => this with { Fourth = Fourth | bit },
        };
    }
}
