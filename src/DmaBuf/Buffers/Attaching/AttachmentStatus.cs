namespace DmaBuf;

/// <summary>
/// The state of an attachment as a value, and its pure transition function (spec B.4). State is per mapping with counts per attachment: an invalidated
/// mapping can only be unmapped, but a dynamic importer may have mapped anew beside it.
/// </summary>
/// <param name="Phase">Where the attachment stands.</param>
/// <param name="Mappings">Valid mappings.</param>
/// <param name="Invalidated">Mappings that were invalidated and not unmapped yet.</param>
/// <param name="Pins">Pins of a dynamic importer.</param>
internal readonly record struct AttachmentStatus(AttachmentPhase Phase, int Mappings, int Invalidated, int Pins)
{
    /// <summary>Live mappings of either kind.</summary>
    internal int LiveMappings => Mappings + Invalidated;

    /// <summary>Applies an event; a refused event leaves the state unchanged and says with which errno.</summary>
    internal static (AttachmentStatus Next, Errno Refused) Apply(in AttachmentStatus state, AttachmentEvent happened)
    {
        bool listed = state.Phase == AttachmentPhase.Listed;
        return happened switch
        {
            AttachmentEvent.List => List(in state),
            AttachmentEvent.Refuse when state.Phase == AttachmentPhase.Matched => (state with { Phase = AttachmentPhase.Failed }, Errno.None),
            AttachmentEvent.Import when state.Phase == AttachmentPhase.Matched => (state with { Mappings = state.Mappings + 1 }, Errno.None),
            AttachmentEvent.Map when listed => state.LiveMappings == int.MaxValue
                ? (state, Errno.E2BIG)
                : (state with { Mappings = state.Mappings + 1 }, Errno.None),
            AttachmentEvent.Unmap when listed && state.Mappings > 0 => (state with { Mappings = state.Mappings - 1 }, Errno.None),
            AttachmentEvent.UnmapInvalidated when listed && state.Invalidated > 0 => (state with { Invalidated = state.Invalidated - 1 }, Errno.None),
            AttachmentEvent.Invalidate when listed => (state with { Mappings = 0, Invalidated = state.LiveMappings }, Errno.None),
            AttachmentEvent.Pin when listed => (state with { Pins = state.Pins + 1 }, Errno.None),
            AttachmentEvent.Unpin when listed && state.Pins > 0 => (state with { Pins = state.Pins - 1 }, Errno.None),
            AttachmentEvent.Detach => Detach(in state),
            _ => (state, Errno.EINVAL),
        };
    }

    /// <summary>The line of <see cref="Apply"/> that every attach takes; small enough to be inlined there.</summary>
    internal static (AttachmentStatus Next, Errno Refused) List(in AttachmentStatus state) => state.Phase == AttachmentPhase.Matched
        ? (state with { Phase = AttachmentPhase.Listed }, Errno.None)
        : (state, Errno.EINVAL);

    /// <summary>The line of <see cref="Apply"/> that every detach takes; small enough to be inlined there.</summary>
    internal static (AttachmentStatus Next, Errno Refused) Detach(in AttachmentStatus state) => state.Phase != AttachmentPhase.Listed
        ? (state, Errno.EINVAL)
        : state.LiveMappings > 0 || state.Pins > 0
            ? (state, Errno.EBUSY)
            : (state with { Phase = AttachmentPhase.Detached }, Errno.None);
}
