namespace DmaBuf;

/// <summary>What an exporter's scatter/gather offer asks of the path to the importer. The exporter's role has its own enumeration (defect D-16).</summary>
public enum PeerToPeerRequirement
{
    /// <summary>Nothing: system memory, or an exporter that handles peers on its own.</summary>
    None = 0,

    /// <summary>The memory is a device's own, and a path from the importer to that device must exist.</summary>
    RequiresDistance = 1,
}
