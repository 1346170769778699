using System.Globalization;

namespace DmaBuf;

/// <summary>
/// An address in the machine's CPU physical address space (<c>phys_addr_t</c>). Not a DMA address: the two types do not mix.
/// </summary>
/// <param name="Value">The address in bytes.</param>
/// <remarks>An immutable value, safe for all threads.</remarks>
public readonly record struct PhysicalAddress(ulong Value) : IComparable<PhysicalAddress>
{
    /// <inheritdoc/>
    public int CompareTo(PhysicalAddress other) => Value.CompareTo(other.Value);

    /// <summary>The address as <c>0x…</c>.</summary>
    public override string ToString() => string.Create(CultureInfo.InvariantCulture, $"0x{Value:x}");

    /// <summary>Orders two addresses.</summary>
    public static bool operator <(PhysicalAddress left, PhysicalAddress right) => left.Value < right.Value;

    /// <summary>Orders two addresses.</summary>
    public static bool operator >(PhysicalAddress left, PhysicalAddress right) => left.Value > right.Value;

    /// <summary>Orders two addresses.</summary>
    public static bool operator <=(PhysicalAddress left, PhysicalAddress right) => left.Value <= right.Value;

    /// <summary>Orders two addresses.</summary>
    public static bool operator >=(PhysicalAddress left, PhysicalAddress right) => left.Value >= right.Value;
}
