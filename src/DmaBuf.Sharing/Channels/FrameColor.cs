namespace DmaBuf.Sharing;

/// <summary>What a frame's numbers mean as colour, in the code points of ITU-T H.273; 0 throughout: not said.</summary>
/// <param name="Primaries">ColourPrimaries, for example 1 for BT.709.</param>
/// <param name="Transfer">TransferCharacteristics, for example 16 for PQ.</param>
/// <param name="Matrix">MatrixCoefficients, for example 9 for BT.2020 non-constant luminance.</param>
/// <param name="FullRange">VideoFullRangeFlag, 0 or 1.</param>
/// <remarks>An immutable value.</remarks>
public readonly record struct FrameColor(byte Primaries, byte Transfer, byte Matrix, byte FullRange)
{
    internal uint ToWord() => (uint)(Primaries | (Transfer << 8) | (Matrix << 16) | (FullRange << 24));

    internal static FrameColor FromWord(uint word) => new((byte)word, (byte)(word >> 8), (byte)(word >> 16), (byte)(word >> 24));
}
