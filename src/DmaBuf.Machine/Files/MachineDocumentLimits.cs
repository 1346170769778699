namespace DmaBuf.Machine;

/// <summary>
/// How large a described machine may be, so that a hostile document costs a moment and some megabytes: routes are worked out for pairs of functions, and memory costs
/// a slot for each GiB.
/// </summary>
internal sealed class MachineDocumentLimits
{
    /// <summary>The longest list of RAM ranges, IOMMUs, whitelist rows, host bridges and ports.</summary>
    public const int ListLength = 256;

    /// <summary>The most PCI functions and platform engines together.</summary>
    public const int Functions = 256;

    /// <summary>The most bytes of RAM and BARs together: 64 TiB.</summary>
    public const ulong Memory = 1UL << 46;

    private int _functions;
    private ulong _memory;

    public void CountFunction(string place)
    {
        if (++_functions > Functions)
        {
            throw MachineFacts.Wrong(place, $"it is one more than the {Functions} PCI functions and engines that a document may have; remove some");
        }
    }

    public void CountMemory(ulong length, string place)
    {
        if (length > Memory - _memory)
        {
            throw MachineFacts.Wrong(place, "with it, RAM and BARs have more than 64 TiB together; make some smaller");
        }

        _memory += length;
    }
}
