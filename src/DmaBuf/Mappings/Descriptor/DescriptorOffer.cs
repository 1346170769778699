namespace DmaBuf;

/// <summary>The exporter's side of <see cref="DescriptorMappingType"/>.</summary>
/// <param name="Operations">Opens descriptors.</param>
/// <param name="Facts">What is known of them.</param>
/// <remarks>Immutable, safe for all threads.</remarks>
public readonly record struct DescriptorOffer(IDescriptorOperations Operations, DescriptorFacts Facts);
