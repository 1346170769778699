namespace DmaBuf;

/// <summary>A single change to a request that may make a declined pair match.</summary>
/// <param name="Description">The change as an instruction, for example <c>accept peer-to-peer</c>.</param>
/// <param name="Request">The request with that change alone.</param>
/// <typeparam name="TRequest">The type's request data.</typeparam>
/// <remarks>Immutable, safe for all threads.</remarks>
public sealed record Relaxation<TRequest>(string Description, TRequest Request)
{
    /// <summary>The change includes to attach as a <see cref="DynamicImporter"/>; the fresh negotiation is one of such an importer.</summary>
    public bool AsDynamicImporter { get; init; }
}
