namespace DmaBuf;

/// <summary>
/// The access control bits (ACS) of a PCI port or function. Each of the first three forces peer traffic up to the root; the others decide
/// nothing about routes and are kept as data, for whoever shows the tree.
/// </summary>
[Flags]
public enum PciAccessControl
{
    /// <summary>Peer traffic is routed where its address leads.</summary>
    None = 0,

    /// <summary>P2P Request Redirect (<c>PCI_ACS_RR</c>).</summary>
    RequestRedirect = 1,

    /// <summary>P2P Completion Redirect (<c>PCI_ACS_CR</c>).</summary>
    CompletionRedirect = 2,

    /// <summary>P2P Egress Control (<c>PCI_ACS_EC</c>).</summary>
    EgressControl = 4,

    /// <summary>Source Validation (<c>PCI_ACS_SV</c>): requester ids are checked; no influence on routes.</summary>
    SourceValidation = 8,

    /// <summary>Direct Translated P2P (<c>PCI_ACS_DT</c>): no influence on routes, whose rules know no translated requests.</summary>
    DirectTranslated = 16,
}
