using System.Globalization;
using System.Security.Cryptography;

namespace DmaBuf.Tool;

/// <summary>What came of moving bytes through one mapping.</summary>
/// <param name="Cost">What the mapping did cost.</param>
/// <param name="GigabytesPerSecond">Measured in this run, 10^9 bytes a second; null where the figure would mean nothing.</param>
/// <param name="Mismatch">Which checksum differed; null: all bytes arrived.</param>
internal sealed record MatrixTransfer(MappingCost Cost, double? GigabytesPerSecond, string? Mismatch)
{
    /// <summary>Null if both have the same checksum; else a clause that names both.</summary>
    internal static string? Compare(string what, ReadOnlySpan<byte> expected, ReadOnlySpan<byte> found)
        => CompareChecksum(what, expected, SHA256.HashData(found));

    /// <summary>The same for a checksum that a device computed.</summary>
    internal static string? CompareChecksum(string what, ReadOnlySpan<byte> expected, ReadOnlySpan<byte> foundChecksum)
    {
        byte[] wanted = SHA256.HashData(expected);
        return foundChecksum.SequenceEqual(wanted)
            ? null
            : string.Create(
                CultureInfo.InvariantCulture, $"wrong checksum: {what} sees {Convert.ToHexStringLower(foundChecksum[..4])}..., {Convert.ToHexStringLower(wanted.AsSpan(0, 4))}... was written");
    }
}
