namespace DmaBuf.Sharing;

/// <summary>The bounds of the protocol (docs/protocol.md): whatever exceeds one is refused before it is used.</summary>
internal static class ProtocolLimits
{
    /// <summary>Bytes of one message, header and body.</summary>
    internal const int MaximumMessageBytes = DescriptorSocket.MaximumMessageBytes;

    /// <summary>How deep maps and lists may be nested in a body.</summary>
    internal const int MaximumDepth = 8;

    /// <summary>Bytes of a name: of a buffer, an importer, a type.</summary>
    internal const int MaximumNameBytes = 255;

    /// <summary>Requests of one attach.</summary>
    internal const int MaximumRequests = 32;
}
