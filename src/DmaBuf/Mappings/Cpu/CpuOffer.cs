namespace DmaBuf;

/// <summary>The exporter's side of <see cref="CpuMappingType"/>.</summary>
/// <param name="Operations">Maps for the CPU.</param>
/// <param name="Access">The most that the CPU may do.</param>
/// <param name="Coherency">Whether accesses need cache maintenance.</param>
/// <param name="Cost">An upper bound of what mapping costs, beside the maintenance.</param>
/// <remarks>Immutable, safe for all threads.</remarks>
public readonly record struct CpuOffer(ICpuOperations Operations, CpuAccess Access, CpuCoherency Coherency, MappingCost Cost);
