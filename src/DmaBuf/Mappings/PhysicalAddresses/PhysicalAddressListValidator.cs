namespace DmaBuf;

/// <summary>
/// The rules for the contents of a <see cref="PhysicalAddressList"/>, which the kernel series leaves unwritten. The core applies them once a map call, before
/// the importer sees the list; an exporter can apply them in its own tests.
/// </summary>
/// <remarks>
/// Linear in the number of entries (with <see cref="PhysicalAddressListLimits.RejectOverlaps"/>: a sort). Pure, apart from the used-mark that the core
/// sets; safe for calls from several threads.
/// </remarks>
public static class PhysicalAddressListValidator
{
    private const string Subject = "Physical address list";

    /// <summary>Throws unless the list is sound and describes exactly the buffer.</summary>
    /// <param name="list">The list; not changed.</param>
    /// <param name="bufferSize">The buffer's size in bytes: exactly the sum of the lengths.</param>
    /// <param name="limits">The machine's and the host program's limits.</param>
    /// <exception cref="DmaBufException">
    /// EINVAL: no entry, an empty or unaligned one, one above the physical address width, a wrong sum, or an overlap where those are refused; EOVERFLOW: an
    /// entry's end or the sum wraps; E2BIG: too many entries. The message names the entry and its values.
    /// </exception>
    public static void Validate(PhysicalAddressList list, ulong bufferSize, PhysicalAddressListLimits limits)
    {
        ArgumentNullException.ThrowIfNull(list);
        ArgumentNullException.ThrowIfNull(limits);
        if (list.Count > limits.MaximumEntries)
        {
            throw new DmaBufException(
                Errno.E2BIG, $"{Subject}: {list.Count} entries exceed the limit of {limits.MaximumEntries}; merge adjacent ones or raise the limit.");
        }

        PhysicalRangeRules.Require(list.Entries, bufferSize, limits.PageSize, limits.PhysicalAddressWidth, Subject);
        if (limits.RejectOverlaps)
            RequireDisjoint(list.Entries);
    }

    /// <summary>The core's entrance, before <see cref="Validate"/>: a list is handed out once. A list that was refused stays marked, thus never becomes acceptable.</summary>
    /// <exception cref="DmaBufException">EINVAL: the exporter returned the same list twice.</exception>
    internal static void Claim(PhysicalAddressList list)
    {
        if (!list.TryClaim())
        {
            throw new DmaBufException(
                Errno.EINVAL, $"{Subject}: the exporter returned the same list ({list}) from two map calls; each call must make a list of its own.");
        }
    }

    private static void RequireDisjoint(ReadOnlySpan<PhysicalRange> entries)
    {
        ulong[] starts = new ulong[entries.Length];
        int[] order = new int[entries.Length];
        for (int index = 0; index < entries.Length; index++)
        {
            starts[index] = entries[index].Start.Value;
            order[index] = index;
        }

        // Among sound entries sorted by start, any overlap shows between two neighbours.
        Array.Sort(starts, order);
        for (int place = 1; place < order.Length; place++)
        {
            PhysicalRange lower = entries[order[place - 1]];
            PhysicalRange upper = entries[order[place]];
            if (lower.Start.Value + lower.Length > upper.Start.Value)
            {
                throw new DmaBufException(
                    Errno.EINVAL, $"{Subject}: entries {order[place - 1]} {lower} and {order[place]} {upper} overlap, which these limits refuse.");
            }
        }
    }
}
