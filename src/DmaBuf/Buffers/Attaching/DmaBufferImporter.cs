namespace DmaBuf;

/// <summary>
/// The party that attaches, by name. This class alone is a <i>static</i> importer: it cannot be told to let go, so the memory is pinned while it is
/// mapped. One that can be told derives from <see cref="DynamicImporter"/>.
/// </summary>
/// <remarks>Immutable, safe for all threads, usable for any number of attachments.</remarks>
public class DmaBufferImporter
{
    /// <summary>Makes a static importer.</summary>
    /// <param name="name">The name that dumps and failures show; not blank.</param>
    public DmaBufferImporter(string name)
    {
        ArgumentException.ThrowIfNullOrWhiteSpace(name);
        Name = name;
    }

    /// <summary>The name that dumps and failures show.</summary>
    public string Name { get; }

    /// <summary>The name.</summary>
    public sealed override string ToString() => Name;
}
