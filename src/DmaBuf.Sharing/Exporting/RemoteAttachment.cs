namespace DmaBuf.Sharing;

/// <summary>One attach of a peer, as the exporter's process has it.</summary>
internal sealed record RemoteAttachment(string Buffer, Attachment Attachment, MemoryCarrier? Carrier);
