namespace DmaBuf.Machine;

/// <summary>The exporter's side of <see cref="ApertureMappingType"/>.</summary>
/// <param name="PhysicalFunction">The physical function of the exporting virtual one.</param>
/// <param name="Aperture">The virtual function's BAR.</param>
/// <param name="Operations">Map and unmap.</param>
/// <remarks>Immutable, safe for all threads.</remarks>
public sealed record ApertureOffer(PciFunction PhysicalFunction, PciBar Aperture, IApertureOperations Operations);
