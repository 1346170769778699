namespace DmaBuf;

/// <summary>What happens to an attachment.</summary>
internal enum AttachmentEvent
{
    /// <summary>Put on the buffer's list.</summary>
    List,

    /// <summary>Refused after negotiation.</summary>
    Refuse,

    /// <summary>Taken in by its importer, inside attach: its first mapping.</summary>
    Import,

    /// <summary>One more mapping.</summary>
    Map,

    /// <summary>A valid mapping is gone.</summary>
    Unmap,

    /// <summary>A mapping that had been invalidated is gone.</summary>
    UnmapInvalidated,

    /// <summary>All mappings are invalidated at once.</summary>
    Invalidate,

    /// <summary>One more pin.</summary>
    Pin,

    /// <summary>One pin less.</summary>
    Unpin,

    /// <summary>Off the list.</summary>
    Detach,
}
