namespace DmaBuf.SharedTests;

/// <summary>A heap.</summary>
public abstract class HeapSubject : Subject
{
    /// <summary>Allocates and exports.</summary>
    public abstract DmaBuffer Allocate(ulong length);

    /// <summary>What the buffer holds.</summary>
    public abstract byte[] Look(DmaBuffer buffer);
}
