namespace DmaBuf;

/// <summary>The importer's side of <see cref="ScatterGatherMappingType"/>.</summary>
/// <param name="Device">The importing device.</param>
/// <param name="Acceptance">Whether it takes addresses of a peer's memory.</param>
/// <remarks>Immutable, safe for all threads.</remarks>
public readonly record struct ScatterGatherRequest(IDmaDevice Device, PeerToPeerAcceptance Acceptance);
