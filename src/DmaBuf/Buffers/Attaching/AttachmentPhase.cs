namespace DmaBuf;

/// <summary>Where an attachment stands between negotiation and detach.</summary>
public enum AttachmentPhase
{
    /// <summary>Made by FinishMatch, not yet on the buffer's list.</summary>
    Matched,

    /// <summary>On the buffer's list.</summary>
    Listed,

    /// <summary>Detached; nothing is possible any more.</summary>
    Detached,

    /// <summary>The exporter refused it, or the buffer had gone.</summary>
    Failed,
}
