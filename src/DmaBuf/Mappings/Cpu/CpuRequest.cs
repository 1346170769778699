namespace DmaBuf;

/// <summary>The importer's side of <see cref="CpuMappingType"/>.</summary>
/// <param name="Access">What it wants to do.</param>
/// <param name="Coherency">NeedsMaintenance: either kind will do.</param>
/// <remarks>Immutable, safe for all threads.</remarks>
public readonly record struct CpuRequest(CpuAccess Access, CpuCoherency Coherency);
