namespace DmaBuf.Machine;

/// <summary>
/// A graphics driver's own object for memory (a GEM object), which <see cref="GraphicsObjectExporter"/> shares. Derive from it; what can also be shown to devices as a
/// table implements <see cref="ITableProducer"/>.
/// </summary>
/// <remarks>Threads: <see cref="Release"/> is called once, when no attachment is left.</remarks>
public abstract class GraphicsObject
{
    /// <summary>Makes the object.</summary>
    /// <param name="size">Bytes; not zero.</param>
    protected GraphicsObject(ulong size) => Size = size;

    /// <summary>Bytes.</summary>
    public ulong Size { get; }

    /// <summary>The shared buffer has gone; the object may be freed. Must not throw.</summary>
    public abstract void Release();
}
