namespace DmaBuf;

/// <summary>Why a pair did not match: the property and what each side said.</summary>
/// <param name="Property">The property that failed, for example <c>peer-to-peer</c>.</param>
/// <param name="Offered">What the exporter offered.</param>
/// <param name="Wanted">What the importer wanted.</param>
/// <remarks>Immutable, safe for all threads.</remarks>
public sealed record MatchDecline(string Property, string Offered, string Wanted);
