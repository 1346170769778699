namespace DmaBuf;

/// <summary>Whether an importer takes addresses of a peer's memory. The importer's role has its own enumeration (defect D-16).</summary>
public enum PeerToPeerAcceptance
{
    /// <summary>It does not; every static importer.</summary>
    NotAccepted = 0,

    /// <summary>It does, which implies that it can be told to let go.</summary>
    Accepted = 1,
}
