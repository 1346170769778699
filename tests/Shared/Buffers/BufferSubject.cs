namespace DmaBuf.SharedTests;

/// <summary>An exporter, and importers that reach its memory, by whatever means: what a program sees is bytes.</summary>
public abstract class BufferSubject : Subject
{
    /// <summary>Exports zeroed memory of at least two pages.</summary>
    public abstract DmaBuffer Export();

    /// <summary>Attaches somebody who reads and writes.</summary>
    public abstract IBufferUser Attach(DmaBuffer buffer, string name);

    /// <summary>A request that the exporter declines, and the property with which it does.</summary>
    public abstract (MappingRequest Request, string Property) Declined();
}
