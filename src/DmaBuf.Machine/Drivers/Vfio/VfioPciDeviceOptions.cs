namespace DmaBuf.Machine;

/// <summary>What a <see cref="VfioPciDevice"/> is told when it is opened.</summary>
/// <remarks>Immutable, safe for all threads.</remarks>
public sealed record VfioPciDeviceOptions
{
    /// <summary>Options that choose nothing.</summary>
    public static VfioPciDeviceOptions Default { get; } = new();

    /// <summary>Whether this variant of the driver can say where a BAR lies; without it no buffer can be made.</summary>
    public bool GivesPhysicalAddresses { get; init; } = true;

    /// <summary>Whether the function answers to memory accesses at the start (the command register's memory bit).</summary>
    public bool MemorySpaceEnabled { get; init; } = true;

    /// <summary>How long importers may take to let go when the function is removed in order. After a surprise nobody is waited for: the memory is gone.</summary>
    public TimeSpan RemovalDeadline { get; init; } = TimeSpan.FromSeconds(1);

    /// <summary>
    /// Powers the function up for an importer: runs at each attach, without the reservation lock, and refuses the importer by throwing a <see cref="DmaBufException"/>.
    /// </summary>
    public Action? PoweringUp { get; init; }

    /// <summary>
    /// The reset itself. Runs after every importer has let go, or after the deadline; must not call the device.
    /// </summary>
    public Action? Resetting { get; init; }
}
