namespace DmaBuf.Machine;

/// <summary>What a function is, as far as the numbering of the bus below it goes.</summary>
internal enum PciNodeKind
{
    /// <summary>A root port or a downstream port: below it lies one device, with functions.</summary>
    Port,

    /// <summary>A switch's upstream port: below it lie downstream ports, each a device.</summary>
    SwitchUpstream,

    /// <summary>Nothing lies below it.</summary>
    Endpoint,
}
