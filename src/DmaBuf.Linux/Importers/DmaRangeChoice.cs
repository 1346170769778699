namespace DmaBuf.Linux;

/// <summary>Takes addresses where the importer's user wants them, or where there is room.</summary>
internal static class DmaRangeChoice
{
    internal static DmaRange Take(IovaRangeAllocator addresses, ulong length, DmaAddress? at)
    {
        if (at is not { } start)
        {
            return addresses.Allocate(length);
        }

        DmaRange wanted = new(start, length);
        addresses.Reserve(wanted);
        return wanted;
    }
}
