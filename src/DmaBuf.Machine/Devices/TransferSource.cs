namespace DmaBuf.Machine;

/// <summary>Where a transfer takes its bytes, from the first to the last.</summary>
/// <remarks>Used by one thread.</remarks>
internal abstract class TransferSource
{
    /// <summary>Where the next byte is on the bus; null: inside the device.</summary>
    public virtual DmaAddress? Position => null;

    /// <summary>Takes the next bytes, as many as one access gives.</summary>
    /// <returns>How many, at least one; zero: the transfer was decided meanwhile.</returns>
    public abstract int Take(Span<byte> destination, DmaTransfer transfer);
}
