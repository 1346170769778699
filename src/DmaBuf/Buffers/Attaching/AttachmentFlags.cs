namespace DmaBuf;

/// <summary>What an attachment remembers beside its status; guarded by the reservation lock.</summary>
[Flags]
internal enum AttachmentFlags : byte
{
    None = 0,

    /// <summary>Disposed while somebody was inside a mapping: detach when the last has left.</summary>
    DetachWhenDrained = 1,

    /// <summary>Held something past a revoke's deadline that could not be taken away.</summary>
    Quarantined = 2,

    /// <summary>Its importer takes the buffer in inside attach, and lets go at detach.</summary>
    ImportsInsideAttach = 4,
}
