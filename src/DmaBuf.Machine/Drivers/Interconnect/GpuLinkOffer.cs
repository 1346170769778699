namespace DmaBuf.Machine;

/// <summary>The exporter's side of <see cref="GpuLinkMappingType"/>.</summary>
/// <param name="Port">The exporting GPU's place.</param>
/// <param name="Operations">Open and close windows.</param>
/// <param name="Cost">An upper bound of what mapping costs.</param>
/// <remarks>Immutable, safe for all threads.</remarks>
public sealed record GpuLinkOffer(GpuLinkPort Port, IGpuLinkOperations Operations, MappingCost Cost);
