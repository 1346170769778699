namespace DmaBuf;

/// <summary>A run of DMA addresses of one device: start and length in bytes.</summary>
/// <param name="Start">The first byte as the device addresses it.</param>
/// <param name="Length">The length in bytes; the end (exclusive) is <c>Start + Length</c> and must not wrap.</param>
/// <remarks>An immutable value, safe for all threads.</remarks>
public readonly record struct DmaRange(DmaAddress Start, ulong Length)
{
    /// <summary>The range as <c>[0xstart, +0xlength)</c>.</summary>
    public override string ToString() => $"[{Start}, +0x{Length:x})";
}
