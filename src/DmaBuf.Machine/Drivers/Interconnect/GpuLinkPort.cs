namespace DmaBuf.Machine;

/// <summary>One GPU's place on a <see cref="GpuLink"/>: through it the GPU reaches what others have opened for it.</summary>
/// <remarks>Immutable, safe for all threads.</remarks>
public sealed class GpuLinkPort
{
    internal GpuLinkPort(GpuLink link, int number)
    {
        Link = link;
        Number = number;
    }

    /// <summary>The link.</summary>
    public GpuLink Link { get; }

    /// <summary>Which node of it, from 1.</summary>
    public int Number { get; }

    /// <summary>The GPU reads another's memory.</summary>
    /// <param name="address">As a mapping gave it.</param>
    /// <param name="destination">Receives the bytes.</param>
    /// <exception cref="DmaBufException">EFAULT: no window of this port is open there, or not that far; nothing was read.</exception>
    public void Read(GpuLinkAddress address, Span<byte> destination) => Link.Read(this, address, destination);

    /// <summary>The GPU writes another's memory.</summary>
    /// <param name="address">As a mapping gave it.</param>
    /// <param name="source">The bytes.</param>
    /// <exception cref="DmaBufException">EFAULT: no window of this port is open there, or not that far; nothing was written.</exception>
    public void Write(GpuLinkAddress address, ReadOnlySpan<byte> source) => Link.Write(this, address, source);

    /// <summary>Opens a window on this GPU's memory for another one.</summary>
    /// <param name="importer">Whose accesses are let through; on the same link.</param>
    /// <param name="memory">The machine's memory.</param>
    /// <param name="range">What is shown.</param>
    /// <returns>Where the importer finds it; give it back with <see cref="Close"/>.</returns>
    /// <exception cref="DmaBufException">EINVAL: a port of another link.</exception>
    public GpuLinkRange Open(GpuLinkPort importer, PhysicalMemory memory, PhysicalRange range)
    {
        ArgumentNullException.ThrowIfNull(importer);
        ArgumentNullException.ThrowIfNull(memory);
        return ReferenceEquals(importer.Link, Link)
            ? Link.Open(importer, memory, range)
            : throw new DmaBufException(Errno.EINVAL, $"{this} cannot open a window for {importer}: they are on different links.");
    }

    /// <summary>Closes a window; when it returns, no access through it is under way. Without effect if it is closed.</summary>
    /// <param name="window">As it was opened.</param>
    public void Close(GpuLinkRange window) => Link.Close(window);

    /// <summary>The link and the node.</summary>
    public override string ToString() => $"{Link.Name} node {Number}";
}
