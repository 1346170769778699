namespace DmaBuf.Machine;

/// <summary>What an I/O virtual address leads to.</summary>
/// <param name="Physical">The physical address of that byte.</param>
/// <param name="PageStart">The first I/O virtual address of the page that translates it.</param>
/// <param name="PageSize">That page's bytes: the domain's smallest page, 2 MiB or 1 GiB.</param>
/// <param name="Direction">Which accesses are permitted.</param>
/// <param name="Attributes">RAM or MMIO.</param>
/// <remarks>Immutable, safe for all threads.</remarks>
public readonly record struct IoTranslation(
    PhysicalAddress Physical, DmaAddress PageStart, ulong PageSize, DmaDirection Direction, DmaAttributes Attributes);
