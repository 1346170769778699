namespace DmaBuf;

/// <summary>What happens to a buffer's life.</summary>
internal enum BufferEvent
{
    /// <summary>An importer wants to attach or to map.</summary>
    Use,

    /// <summary>The exporter takes the memory away.</summary>
    Revoke,

    /// <summary>The revoke has waited and cut off.</summary>
    RevokeFinished,

    /// <summary>The exporter gives the memory back.</summary>
    Unrevoke,

    /// <summary>The exporter's device goes for good.</summary>
    Close,
}
