namespace DmaBuf;

/// <summary>The life of a buffer that can be revoked (spec B.3).</summary>
public enum BufferPhase
{
    /// <summary>Importers may attach and map.</summary>
    Live,

    /// <summary>A revoke waits for accesses, mappings and fences to go; attach and map fail with ENODEV, unmap works.</summary>
    Revoking,

    /// <summary>Nobody reaches the memory, except who is reported as quarantined; un-revoke makes it live again.</summary>
    Revoked,

    /// <summary>The exporter's device is gone for good.</summary>
    Dead,
}
