namespace DmaBuf.Sharing;

/// <summary>Decides who may attach to what. Asked in the exporter's process, with what the kernel says of the peer.</summary>
/// <remarks>Called by one thread a connection, side by side for several, without any lock. An exception ends the connection.</remarks>
public abstract class SharingPolicy
{
    /// <summary>Processes of this process's own user may do everything that the buffer allows; everybody else, root included, is refused.</summary>
    public static SharingPolicy SameUser { get; } = new SameUserPolicy();

    /// <summary>Whether the peer may connect at all. False: its connection ends with EACCES.</summary>
    protected internal abstract bool MayConnect(PeerCredentials peer);

    /// <summary>The most that the peer may do with a buffer; null: nothing, its attach fails with EACCES.</summary>
    /// <param name="peer">Who asks.</param>
    /// <param name="name">The name that the buffer is shared under.</param>
    /// <param name="buffer">The buffer.</param>
    /// <remarks>Read is enforced by write seals: a buffer whose memory has none cannot be given for reading alone, and the attach fails with EPERM.</remarks>
    protected internal abstract CpuAccess? MayAttach(PeerCredentials peer, string name, DmaBuffer buffer);
}
