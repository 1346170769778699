namespace DmaBuf;

/// <summary>Whether CPU and devices see each other's writes without maintenance.</summary>
public enum CpuCoherency
{
    /// <summary>They do.</summary>
    Coherent,

    /// <summary>Each access is bracketed by cache maintenance; leases do it (cost <see cref="MappingCost.CacheMaintenance"/>).</summary>
    NeedsMaintenance,
}
