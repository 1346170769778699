namespace DmaBuf.Tool;

/// <summary>Makes an exporter's offer with other operations.</summary>
internal delegate MappingOffer MappingOfferFactory(IScatterGatherOperations operations);
