namespace DmaBuf.Sharing;

/// <summary>What a slot says of its frame beyond numbers.</summary>
[Flags]
internal enum DeliveryFlags : uint
{
    None = 0,

    /// <summary>The buffer's header describes this frame.</summary>
    Described = 1,

    /// <summary>The contents may not be complete yet: the header's completion word tells when.</summary>
    ContentsPending = 2,
}
