namespace DmaBuf.Linux;

/// <summary>What a receiver needs of memory that it did not make; see <see cref="MemoryFile.Adopt"/>.</summary>
/// <remarks>Immutable, thus safe to share between threads. The default is the safe choice; each relaxation is made by its name.</remarks>
public sealed record MemoryFileRequirements
{
    /// <summary>Bytes that the memory must have at least.</summary>
    public required ulong MinimumLength { get; init; }

    /// <summary>
    /// Whether the sender promised that receivers cannot write: then <see cref="MemorySeals.Seal"/> and one of
    /// <see cref="MemorySeals.Write"/> and <see cref="MemorySeals.FutureWrite"/> must be there. A read-only descriptor alone
    /// keeps no promise, it can be opened again for writing through <c>/proc</c>.
    /// </summary>
    public bool ReadOnly { get; init; }

    /// <summary>
    /// Accept memory that a peer can truncate. Every access may then end this process with SIGBUS; only for a peer that is trusted as much as
    /// this process itself.
    /// </summary>
    public bool AllowTruncatable { get; init; }

    /// <summary>
    /// Accept memory with blocks that do not exist yet, and huge pages that a peer may still give back. An access may then charge this process for a page,
    /// and may end it with SIGBUS where none is left.
    /// </summary>
    public bool AllowHoles { get; init; }
}
