namespace DmaBuf.Machine;

/// <summary>Where a transfer puts its bytes, from the first to the last.</summary>
/// <remarks>Used by one thread.</remarks>
internal abstract class TransferSink
{
    /// <summary>Where the next byte is on the bus; null: inside the device.</summary>
    public virtual DmaAddress? Position => null;

    /// <summary>Puts the next bytes, as many as one access takes.</summary>
    /// <returns>How many, at least one; zero: the transfer was decided meanwhile.</returns>
    public abstract int Put(ReadOnlySpan<byte> source, DmaTransfer transfer);
}
