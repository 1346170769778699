using System.Globalization;

namespace DmaBuf;

/// <summary>
/// An address as one device puts it on its bus (<c>dma_addr_t</c>): an IOVA, a PCI bus address or, without translation, the same number as a physical address. Valid for that device alone.
/// </summary>
/// <param name="Value">The address in bytes.</param>
/// <remarks>An immutable value, safe for all threads.</remarks>
public readonly record struct DmaAddress(ulong Value) : IComparable<DmaAddress>
{
    /// <inheritdoc/>
    public int CompareTo(DmaAddress other) => Value.CompareTo(other.Value);

    /// <summary>The address as <c>0x…</c>.</summary>
    public override string ToString() => string.Create(CultureInfo.InvariantCulture, $"0x{Value:x}");

    /// <summary>Orders two addresses.</summary>
    public static bool operator <(DmaAddress left, DmaAddress right) => left.Value < right.Value;

    /// <summary>Orders two addresses.</summary>
    public static bool operator >(DmaAddress left, DmaAddress right) => left.Value > right.Value;

    /// <summary>Orders two addresses.</summary>
    public static bool operator <=(DmaAddress left, DmaAddress right) => left.Value <= right.Value;

    /// <summary>Orders two addresses.</summary>
    public static bool operator >=(DmaAddress left, DmaAddress right) => left.Value >= right.Value;
}
