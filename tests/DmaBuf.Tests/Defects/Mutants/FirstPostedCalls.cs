namespace DmaBuf.Tests.Defects.Mutants;

/// <summary>The map and unmap calls of patches 04, 13 and 21, with what they ask of their arguments and in which order.</summary>
internal static class FirstPostedCalls
{
    /// <summary>The helper from physical vectors: the lock is asserted through the attachment before the attachment is tested (D-8).</summary>
    internal static Errno BuildTable(FirstPostedAttachmentRecord? attachment, PeerToPeerProvider? provider)
    {
        Assert.True(attachment!.Reservation.IsLocked);
        return attachment is null || provider?.Device is null ? Errno.EINVAL : Errno.None;
    }

    /// <summary>The type is read before the attachment is tested (D-8).</summary>
    internal static void UnmapTable(FirstPostedAttachmentRecord? attachment, object table)
    {
        if (attachment!.Type == FirstPostedAttachmentRecord.Table && attachment is not null)
        {
            attachment.Operations.Unmap(table);
        }
    }

    /// <summary>
    /// Mapping a list, for the modules that can name the symbol: one. The restriction ends there, since nothing asks for it at attach and the operations
    /// are a field of the attachment (D-17).
    /// </summary>
    internal static Func<FirstPostedAttachmentRecord, object>? ResolveMapList(string module)
        => module != "iommufd"
            ? null
            : static attachment =>
            {
                Assert.True(attachment.Reservation.IsLocked);
                Assert.Equal(FirstPostedAttachmentRecord.List, attachment.Type);
                return attachment.Operations.Map();
            };

    /// <summary>Unmapping a list, for everybody: no lock is asserted, no type is tested, the operations are taken for a list's (D-17).</summary>
    internal static void UnmapList(FirstPostedAttachmentRecord attachment, object list) => attachment.Operations.Unmap(list);
}
