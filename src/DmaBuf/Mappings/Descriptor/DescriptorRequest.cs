namespace DmaBuf;

/// <summary>The importer's side of <see cref="DescriptorMappingType"/>.</summary>
/// <param name="Needs">What it needs of the descriptor.</param>
/// <param name="Import">What it does with the descriptor inside attach; null: nothing, it maps later.</param>
/// <remarks>Immutable, safe for all threads.</remarks>
public readonly record struct DescriptorRequest(DescriptorNeeds Needs, IDescriptorImport? Import);
