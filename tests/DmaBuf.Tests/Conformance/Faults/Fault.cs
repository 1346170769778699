namespace DmaBuf.Tests.Conformance.Faults;

/// <summary>What the faulty type or its exporter does wrong. Each breaks a rule of the kit that <see cref="FaultTests"/> names.</summary>
public enum Fault
{
    /// <summary>Nothing: the sound type, from which every fault differs in one place.</summary>
    None,

    /// <summary>Match remembers how often it was asked.</summary>
    MatchCounts,

    /// <summary>The exporter's offer function takes the reservation lock.</summary>
    OffersTakeTheLock,

    /// <summary>Match accepts what does not fit.</summary>
    MatchAcceptsAll,

    /// <summary>A decline says no property.</summary>
    DeclineWithoutProperty,

    /// <summary>An offer describes itself in two lines.</summary>
    DescribesInTwoLines,

    /// <summary>FinishMatch returns the attachment that it made for the one before.</summary>
    AttachmentIsKept,

    /// <summary>FinishMatch opens a window.</summary>
    FinishAcquires,

    /// <summary>The attachment's words for the dump are two lines.</summary>
    DumpInTwoLines,

    /// <summary>The attachment's words for the dump are an exception.</summary>
    DumpThrows,

    /// <summary>Map returns the mapping that it made before.</summary>
    MappingIsKept,

    /// <summary>Maps cost a copy that Match did not mention.</summary>
    CostExceedsBound,

    /// <summary>An access does not enter the gate.</summary>
    AccessWithoutGate,

    /// <summary>An access leaves the gate before it looks at the memory.</summary>
    AccessLeavesEarly,

    /// <summary>An access keeps all others out.</summary>
    AccessIsExclusive,

    /// <summary>An access never leaves the gate.</summary>
    AccessNeverEnds,

    /// <summary>The mapping belongs to a second attachment, which the importer does not know of.</summary>
    MapsOnHiddenAttachment,

    /// <summary>The map call for callers that hold the lock takes it.</summary>
    LockedMapLocks,

    /// <summary>Unmap closes the window only when the importer detaches.</summary>
    UnmapIsLate,

    /// <summary>Unmap closes nothing.</summary>
    UnmapForgets,

    /// <summary>The exporter acquires something in OnAttach that OnDetach does not give back.</summary>
    DetachForgets,

    /// <summary>Unmap throws.</summary>
    UnmapThrows,

    /// <summary>OnRelease throws.</summary>
    ReleaseThrows,

    /// <summary>The attachment's Dispose does not call its base.</summary>
    DisposeForgetsBase,

    /// <summary>The window is opened before Map is called, which may fail first.</summary>
    MapAcquiresEarly,

    /// <summary>Nothing is mapped again before the stale mapping is gone.</summary>
    StaleMapRefused,

    /// <summary>A stale mapping refuses accesses.</summary>
    StaleAccessRefused,

    /// <summary>The attachment says Enforced until something is mapped.</summary>
    RevocabilityWavers,

    /// <summary>The exporter needs its memory back, and does not say so.</summary>
    RevocationNotRequired,

    /// <summary>An enforced mapping cannot be taken away.</summary>
    TakeAwayRefused,

    /// <summary>Taking away closes nothing.</summary>
    TakeAwayDoesNothing,

    /// <summary>What was taken away is closed a second time when the importer unmaps.</summary>
    TakenIsClosedTwice,

    /// <summary>After it was taken away the memory never comes back.</summary>
    TakenForGood,
}
