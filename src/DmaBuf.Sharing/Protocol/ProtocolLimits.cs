namespace DmaBuf.Sharing;

/// <summary>The bounds of the protocol (docs/protocol.md): whatever exceeds one is refused before it is used.</summary>
internal static class ProtocolLimits
{
    /// <summary>The only version that is spoken so far.</summary>
    internal const int Version = 1;

    /// <summary>Bytes of one message, header and body.</summary>
    internal const int MaximumMessageBytes = DescriptorSocket.MaximumMessageBytes;

    /// <summary>How deep maps and lists may be nested in a body.</summary>
    internal const int MaximumDepth = 4;

    /// <summary>Elements of a map or of a list.</summary>
    internal const int MaximumElements = 1024;

    /// <summary>Bytes of a name: of a buffer, an importer, a type.</summary>
    internal const int MaximumNameBytes = 255;

    /// <summary>Requests of one attach.</summary>
    internal const int MaximumRequests = 32;

    /// <summary>Bytes of a negotiation's table; a longer one is replaced by its reason.</summary>
    internal const int MaximumTableBytes = 48 << 10;

    /// <summary>Bytes of a sentence that says why.</summary>
    internal const int MaximumReasonBytes = 4096;

    /// <summary>Bytes that a type may send along with an agreement.</summary>
    internal const int MaximumFactsBytes = 4096;
}
