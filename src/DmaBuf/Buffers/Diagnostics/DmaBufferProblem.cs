namespace DmaBuf;

/// <summary>Something that went wrong in a place that may not throw.</summary>
/// <param name="Kind">What kind of thing.</param>
/// <param name="Description">Who, on what, what happened.</param>
/// <remarks>Immutable, safe for all threads.</remarks>
public sealed record DmaBufferProblem(DmaBufferProblemKind Kind, string Description);
