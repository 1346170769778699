namespace DmaBuf.Sharing;

/// <summary>The other side broke the protocol: the connection ends, and nothing of the message has been used.</summary>
internal static class ProtocolError
{
    internal static DmaBufException Of(string what, Exception? cause = null) => new(
        Errno.EPROTO, $"A message of the other process was refused: {what}. Both sides must speak the protocol of docs/protocol.md.", cause);
}
