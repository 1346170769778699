namespace DmaBuf.Machine;

/// <summary>What a domain's translation has done so far, and what it holds now. For diagnostics and tests.</summary>
/// <param name="Walks">Accesses for which the table was walked, page by page.</param>
/// <param name="Hits">Accesses that the translation cache answered, page by page.</param>
/// <param name="Invalidations">Invalidations of a range or of everything, those within unmap included.</param>
/// <param name="CachedPages">Translations that the cache holds now, stale ones included.</param>
/// <param name="Tables">Tables of the tree now; 1 when nothing is mapped.</param>
/// <param name="Splits">Large pages that were split into a table because a part of them was removed.</param>
/// <param name="Merges">Tables that became one large page because their pages had become one run.</param>
/// <remarks>Immutable, safe for all threads.</remarks>
public readonly record struct IommuDomainStatistics(
    long Walks, long Hits, long Invalidations, int CachedPages, int Tables, long Splits, long Merges);
