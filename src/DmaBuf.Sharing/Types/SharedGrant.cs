namespace DmaBuf.Sharing;

/// <summary>What a type sends along with an agreement, from the exporter's process to the peer's.</summary>
/// <param name="Facts">At most 4096 bytes in a form that the type defines; no addresses of memory.</param>
/// <param name="NeedsMemory">True: the buffer's memory goes along as a descriptor, once a buffer and connection.</param>
/// <remarks>Immutable, safe for all threads.</remarks>
public sealed record SharedGrant(ReadOnlyMemory<byte> Facts, bool NeedsMemory);
