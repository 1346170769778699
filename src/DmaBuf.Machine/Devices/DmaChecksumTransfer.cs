namespace DmaBuf.Machine;

/// <summary>A transfer whose bytes end in a checksum.</summary>
/// <remarks>Safe for all threads.</remarks>
public sealed class DmaChecksumTransfer : DmaTransfer
{
    private readonly DigestSink _digest;

    internal DmaChecksumTransfer(DmaChannel channel, FenceSource fence, TransferSource source, DigestSink digest, ulong length, DmaTransferOptions? options)
        : base(channel, fence, source, digest, length, options) => _digest = digest;

    /// <summary>The SHA-256 of all bytes, once the fence has signaled success.</summary>
    /// <returns>32 bytes.</returns>
    /// <exception cref="DmaBufException">EAGAIN: the fence has not signaled; else what it failed with.</exception>
    public byte[] GetResult()
    {
        if (!Fence.IsSignaled)
        {
            throw new DmaBufException(Errno.EAGAIN, $"The checksum of {this} is not there yet. Wait for the fence.");
        }

        return Fence.Error == Errno.None
            ? _digest.Result
            : throw new DmaBufException(Fence.Error, $"There is no checksum of {this}: {Failure?.Message ?? "the driver failed it"}", Failure);
    }
}
