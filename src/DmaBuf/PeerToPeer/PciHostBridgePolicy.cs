namespace DmaBuf;

/// <summary>What is known of a host bridge's forwarding of peer traffic: its row in the whitelist.</summary>
public enum PciHostBridgePolicy
{
    /// <summary>Not on the whitelist: peer traffic must not reach it.</summary>
    NotListed,

    /// <summary>Forwards between functions below itself, and not to another host bridge.</summary>
    SameBridgeOnly,

    /// <summary>Forwards, also to another host bridge without restriction.</summary>
    Listed,
}
