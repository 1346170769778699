namespace DmaBuf;

/// <summary>A run of physical memory (<c>phys_vec</c>): start and length.</summary>
/// <param name="Start">The first byte.</param>
/// <param name="Length">The length in bytes; the end (exclusive) is <c>Start + Length</c> and must not wrap.</param>
/// <remarks>An immutable value, safe for all threads.</remarks>
public readonly record struct PhysicalRange(PhysicalAddress Start, ulong Length)
{
    /// <summary>The range as <c>[0xstart, +0xlength)</c>.</summary>
    public override string ToString() => $"[{Start}, +0x{Length:x})";
}
