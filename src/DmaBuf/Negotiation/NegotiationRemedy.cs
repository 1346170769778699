namespace DmaBuf;

/// <summary>A single change that would make a failed negotiation succeed; shown only after a fresh negotiation with that change was accepted.</summary>
/// <param name="Change">The change as an instruction to the importer.</param>
/// <param name="Request">The index of the request to change.</param>
/// <param name="Offer">The index of the offer that then matches.</param>
/// <param name="Type">The name of the mapping type that would be agreed on.</param>
/// <param name="Cost">The upper bound of what it would cost.</param>
/// <remarks>Immutable, safe for all threads.</remarks>
public sealed record NegotiationRemedy(string Change, int Request, int Offer, string Type, MappingCost Cost);
