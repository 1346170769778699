namespace DmaBuf;

/// <summary>
/// What reaching the memory costs, as flags ordered by severity. An agreement states an upper bound, each mapping its actual cost. A request's
/// <i>ceiling</i> is the set of costs it permits: a cost with a flag outside the ceiling declines the pair. Nothing is ever copied silently.
/// </summary>
/// <remarks>Only flags that have a name here are a cost: any other is refused with EINVAL where an offer, a request or a verdict is made.</remarks>
[Flags]
public enum MappingCost
{
    /// <summary>Nothing: the same bytes at once.</summary>
    None = 0,

    /// <summary>CPU caches are cleaned or invalidated around accesses.</summary>
    CacheMaintenance = 1,

    /// <summary>I/O page table entries are written and invalidated.</summary>
    IommuMap = 2,

    /// <summary>The memory moves to where the importer reaches it.</summary>
    Migrate = 4,

    /// <summary>Bytes pass through a bounce buffer.</summary>
    Bounce = 8,

    /// <summary>Bytes are copied.</summary>
    Copy = 16,

    /// <summary>Bytes cross a network.</summary>
    Network = 32,

    /// <summary>Happens inside a kernel or a foreign party and cannot be observed.</summary>
    Unknown = 64,

    /// <summary>The strict ceiling: up to <see cref="Migrate"/>, and nothing that cannot be observed.</summary>
    Strict = CacheMaintenance | IommuMap | Migrate,

    /// <summary>The ceiling of a request that names none: <see cref="Strict"/> and <see cref="Unknown"/>; bounce, copy and network are opted into by name.</summary>
    Default = Strict | Unknown,
}
