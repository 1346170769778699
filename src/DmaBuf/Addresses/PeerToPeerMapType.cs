namespace DmaBuf;

/// <summary>The kind of path that peer traffic takes (<c>enum pci_p2pdma_map_type</c>).</summary>
public enum PeerToPeerMapType
{
    /// <summary>Not known: the snapshot could not read what decides (access control bits need privilege).</summary>
    Unknown = 0,

    /// <summary>No peer-to-peer mapping is needed: the memory is not a peer's.</summary>
    None = 1,

    /// <summary>Peer traffic is not possible.</summary>
    NotSupported = 2,

    /// <summary>Below one switch, without redirect: PCI bus addresses are used.</summary>
    BusAddress = 3,

    /// <summary>Through the host bridge, which is known to forward it.</summary>
    ThroughHostBridge = 4,
}
