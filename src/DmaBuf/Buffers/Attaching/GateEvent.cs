namespace DmaBuf;

/// <summary>What happens at a mapping's gate.</summary>
internal enum GateEvent
{
    /// <summary>An access begins.</summary>
    Enter,

    /// <summary>An access ends.</summary>
    Leave,

    /// <summary>The buffer is being revoked: no new access.</summary>
    Revoke,

    /// <summary>The importer unmaps: no new access, and the last one out tears down.</summary>
    Unmap,
}
