namespace DmaBuf.Tool;

/// <summary>One column's importer: what it asks for, and how it moves bytes through what it was given.</summary>
internal abstract class MatrixImporter(string name, bool isReal)
{
    /// <summary>What the table calls it.</summary>
    internal string Name { get; } = name;

    /// <summary>Reaches memory of this host, so that its speed is worth measuring.</summary>
    internal bool IsReal { get; } = isReal;

    /// <summary>The party that attaches.</summary>
    internal abstract DmaBufferImporter Party { get; }

    /// <summary>What it can accept.</summary>
    internal abstract MappingRequestList Requests { get; }

    /// <summary>
    /// The same without any needs, for importers inside the kernel: tried where <see cref="Requests"/> were declined, so that the kernel's own answer stands beside ours. Null: no kernel imports.
    /// </summary>
    internal virtual MappingRequestList? AnyRequests => null;

    /// <summary>
    /// What the kernel may say to a pair that agreed, because a need of the device is met by luck: whether memory lies together, for example, where its exporter does not know it. Null: nothing.
    /// </summary>
    internal virtual Errno? MayBeRefusedWith => null;

    /// <summary>The device that is busy while it imports; null: none.</summary>
    internal string? Device { get; init; }

    /// <summary>Gives back what belongs to one pair only.</summary>
    internal virtual void EndPair()
    {
    }

    /// <summary>Maps, moves the buffer's bytes through the mapping in every direction that was agreed on, compares checksums, unmaps.</summary>
    /// <param name="attachment">An attachment of this importer; stays the caller's.</param>
    /// <param name="buffer">The buffer and its expected bytes.</param>
    /// <param name="cancellationToken">Ends waiting for the buffer's lock.</param>
    /// <exception cref="DmaBufException">The map failed or an access faulted.</exception>
    internal abstract MatrixTransfer Move(Attachment attachment, MatrixBuffer buffer, CancellationToken cancellationToken);
}
