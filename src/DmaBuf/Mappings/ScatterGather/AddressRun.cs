using System.Runtime.InteropServices;

namespace DmaBuf;

/// <summary>What <see cref="PhysicalRange"/> and <see cref="DmaRange"/> have in common in memory.</summary>
/// <remarks>An immutable value, safe for all threads.</remarks>
[StructLayout(LayoutKind.Sequential)]
internal readonly record struct AddressRun(ulong Start, ulong Length)
{
    internal static ReadOnlySpan<AddressRun> Of(ReadOnlySpan<PhysicalRange> ranges) => MemoryMarshal.Cast<PhysicalRange, AddressRun>(ranges);

    internal static ReadOnlySpan<AddressRun> Of(ReadOnlySpan<DmaRange> ranges) => MemoryMarshal.Cast<DmaRange, AddressRun>(ranges);
}
