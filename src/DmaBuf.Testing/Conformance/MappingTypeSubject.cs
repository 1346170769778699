namespace DmaBuf.Testing;

/// <summary>What the conformance kit needs to know of a mapping type in order to put it through its paces. Derive once a type.</summary>
/// <remarks>Every member is called many times; each call makes new objects.</remarks>
public abstract class MappingTypeSubject
{
    /// <summary>Exports a buffer that offers the type.</summary>
    /// <param name="options">Passed on to <see cref="DmaBuffer.Export"/>.</param>
    public abstract DmaBuffer Export(DmaBufferExportOptions options);

    /// <summary>A request that the buffer's offer accepts.</summary>
    public abstract MappingRequest AcceptedRequest();

    /// <summary>A request of the same type that the offer declines; null if the type always accepts.</summary>
    public virtual MappingRequest? DeclinedRequest() => null;

    /// <summary>Maps, by the type's own call.</summary>
    public abstract Mapping Map(Attachment attachment);

    /// <summary>Begins one access to the mapping by the type's own call, runs <paramref name="inside"/>, and ends the access.</summary>
    public abstract void Access(Mapping mapping, Action inside);
}
