namespace DmaBuf.Machine;

/// <summary>The importer's side of <see cref="GpuLinkMappingType"/>.</summary>
/// <param name="Port">The importing GPU's place.</param>
/// <remarks>Immutable, safe for all threads.</remarks>
public sealed record GpuLinkRequest(GpuLinkPort Port);
