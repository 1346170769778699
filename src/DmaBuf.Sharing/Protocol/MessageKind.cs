namespace DmaBuf.Sharing;

/// <summary>What a message says. The numbers are the protocol's (docs/protocol.md) and never change their meaning.</summary>
internal enum MessageKind : ushort
{
    /// <summary>Client: its versions and its name. The first message of a connection.</summary>
    Hello = 1,

    /// <summary>Server: the version that is spoken from now on.</summary>
    Welcome = 2,

    /// <summary>Client: which buffers are there?</summary>
    List = 3,

    /// <summary>Server: these buffers.</summary>
    Listing = 4,

    /// <summary>Client: attach to a buffer with these requests.</summary>
    Attach = 5,

    /// <summary>Server: attached, and with what.</summary>
    Attached = 6,

    /// <summary>Server: what was asked is refused.</summary>
    Refused = 7,

    /// <summary>Client: an attachment has ended.</summary>
    Detach = 8,

    /// <summary>Server: a buffer's memory, as one descriptor.</summary>
    Memory = 9,

    /// <summary>Server: let go of a buffer's memory.</summary>
    Reclaim = 10,

    /// <summary>Client: it was let go of.</summary>
    Released = 11,

    /// <summary>Either: work on a buffer has begun.</summary>
    Fence = 12,

    /// <summary>Either: work on a buffer has ended.</summary>
    Signaled = 13,
}
