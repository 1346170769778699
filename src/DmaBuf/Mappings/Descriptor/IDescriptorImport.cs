using System.Runtime.InteropServices;

namespace DmaBuf;

/// <summary>
/// An interface that takes a buffer in by its descriptor, for example a kernel's PRIME or V4L2 import. It runs inside attach, after the exporter agreed and before the attachment is
/// listed, so that an errno that nobody predicted still fails the attach, as that errno.
/// </summary>
/// <remarks>
/// Threads: <see cref="Import"/> is called without any lock, side by side for several attaches. What it returned is disposed once, with the reservation lock held: by detach, by a failing attach,
/// or at a revoke's deadline if <see cref="CanTakeAway"/> says so.
/// </remarks>
public interface IDescriptorImport
{
    /// <summary>An upper bound of what importing costs, as part of the agreement; <see cref="MappingCost.Unknown"/> for what happens inside a kernel and cannot be seen. Does not change.</summary>
    MappingCost Cost { get; }

    /// <summary>
    /// Whether disposing what <see cref="Import"/> returned ends every way to the memory that it made, even in the middle of an access: an IOMMU entry, for example. True: the attachment
    /// is <see cref="Revocability.Enforced"/>; false: <see cref="Revocability.None"/>, and a revoke that finds it at its deadline can only quarantine. Does not change.
    /// </summary>
    bool CanTakeAway { get; }

    /// <summary>Takes the buffer in. May sleep for as long as the kernel likes.</summary>
    /// <param name="attachment">The attachment that is being made: it is not listed yet, so it cannot map.</param>
    /// <param name="descriptor">Borrowed: owned by the attachment, and open until after the import was disposed. Never dispose it.</param>
    /// <returns>What undoes it; a fresh object each time. Its dispose must not throw.</returns>
    /// <exception cref="DmaBufException">The interface refuses: its errno fails the attach. Nothing is left imported.</exception>
    IDisposable Import(DescriptorAttachment attachment, SafeHandle descriptor);
}
