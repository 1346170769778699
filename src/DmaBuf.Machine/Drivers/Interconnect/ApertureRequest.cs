namespace DmaBuf.Machine;

/// <summary>The importer's side of <see cref="ApertureMappingType"/>.</summary>
/// <param name="PhysicalFunction">The importing physical function.</param>
/// <param name="Aperture">Whose partition it means: both sides name the same BAR.</param>
/// <remarks>Immutable, safe for all threads.</remarks>
public sealed record ApertureRequest(PciFunction PhysicalFunction, PciBar Aperture);
