namespace DmaBuf.Machine;

/// <summary>The access control bits of a PCI port or function that force peer traffic up to the root. Any of them does.</summary>
[Flags]
public enum PciRedirect
{
    /// <summary>Peer traffic is routed where its address leads.</summary>
    None = 0,

    /// <summary>P2P Request Redirect.</summary>
    Requests = 1,

    /// <summary>P2P Completion Redirect.</summary>
    Completions = 2,

    /// <summary>P2P Egress Control.</summary>
    Egress = 4,
}
