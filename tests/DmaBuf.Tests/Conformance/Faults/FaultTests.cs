using DmaBuf.Testing;

namespace DmaBuf.Tests.Conformance.Faults;

/// <summary>A kit that cannot fail is worth nothing: each rule is broken by a type or an exporter that was written for it, and by nothing but that.</summary>
public sealed class FaultTests
{
    private static readonly (Fault Fault, string Rule)[] s_faults =
    [
        (Fault.MatchCounts, "MatchIsPure"),
        (Fault.OffersTakeTheLock, "MatchTakesNoLock"),
        (Fault.MatchAcceptsAll, "DeclineLeavesNothing"),
        (Fault.DeclineWithoutProperty, "DeclineNamesProperty"),
        (Fault.DescribesInTwoLines, "DescriptionsAreOneLine"),
        (Fault.AttachmentIsKept, "AttachIsFresh"),
        (Fault.FinishAcquires, "FinishAcquiresNothing"),
        (Fault.DumpInTwoLines, "AttachmentDescribesItself"),
        (Fault.DumpThrows, "AttachmentDescribesItself"),
        (Fault.MappingIsKept, "MapIsFresh"),
        (Fault.CostExceedsBound, "CostWithinBound"),
        (Fault.AccessWithoutGate, "NoAccessAfterUnmap"),
        (Fault.AccessWithoutGate, "RevokeStopsAccessAndMap"),
        (Fault.AccessLeavesEarly, "UnmapWaitsForAccess"),
        (Fault.AccessLeavesEarly, "TakenFromUnderAccess"),
        (Fault.AccessIsExclusive, "AccessesRunSideBySide"),
        (Fault.MapsOnHiddenAttachment, "DetachRefusedWhileMapped"),
        (Fault.LockedMapLocks, "MapWithLockHeld"),
        (Fault.LockedMapLocks, "InvalidateAnsweredAtOnce"),
        (Fault.UnmapIsLate, "WayInClosesWithUnmap"),
        (Fault.UnmapForgets, "EverythingIsUndone"),
        (Fault.DetachForgets, "EverythingIsUndone"),
        (Fault.UnmapThrows, "TeardownThrowsNothing"),
        (Fault.ReleaseThrows, "TeardownThrowsNothing"),
        (Fault.DisposeForgetsBase, "DisposeUndoesWhatIsLeft"),
        (Fault.MapAcquiresEarly, "FailuresAreUndone"),
        (Fault.StaleMapRefused, "MapAgainBesideStale"),
        (Fault.StaleAccessRefused, "MapAgainBesideStale"),
        (Fault.AccessNeverEnds, "RevokeDrains"),
        (Fault.RevocabilityWavers, "RevokeEndsByRevocability"),
        (Fault.RevocationNotRequired, "StaticImporterRefused"),
        (Fault.TakeAwayRefused, "TakenFromUnderAccess"),
        (Fault.TakeAwayDoesNothing, "WayInClosesWithRevoke"),
        (Fault.TakenIsClosedTwice, "TakenMappingIsGivenBackOnce"),
        (Fault.TakenForGood, "UnrevokeGivesBack"),
    ];

    public static TheoryData<Fault, string> Faults => [.. s_faults];

    [Theory]
    [MemberData(nameof(Faults))]
    public void A_fault_breaks_its_rule(Fault fault, string name)
    {
        ConformanceRule rule = MappingTypeConformance.Rules.Single(one => one.Name == name);
        ConformanceResult result = MappingTypeConformance.Check(() => SubjectOf(fault, name), rule);
        Assert.True(result.Verdict == ConformanceVerdict.Broken, result.ToString());
        Assert.False(result.Passed);
        Assert.NotEmpty(result.Detail!);
        ConformanceResult sound = MappingTypeConformance.Check(() => SubjectOf(Fault.None, name), rule);
        Assert.True(sound.Verdict == ConformanceVerdict.Holds, sound.ToString());
    }

    [Fact]
    public void Every_rule_is_broken_by_some_fault_and_every_fault_breaks_some_rule()
    {
        Assert.Equal(
            MappingTypeConformance.Rules.Select(static rule => rule.Name).Order(StringComparer.Ordinal),
            s_faults.Select(static one => one.Rule).Distinct().Order(StringComparer.Ordinal));
        Assert.Equal(Enum.GetValues<Fault>().Except([Fault.None]).Order(), s_faults.Select(static one => one.Fault).Distinct().Order());
    }

    [Theory]
    [InlineData(Revocability.Enforced, false)]
    [InlineData(Revocability.Enforced, true)]
    [InlineData(Revocability.Cooperative, false)]
    [InlineData(Revocability.Cooperative, true)]
    [InlineData(Revocability.None, false)]
    public void The_sound_type_keeps_every_rule(Revocability revocability, bool needsItsMemoryBack)
        => MappingTypeConformance.Verify(() => new WindowSubject(Fault.None, revocability, needsItsMemoryBack));

    [Fact]
    public void Verify_throws_and_names_the_broken_rule_its_meaning_and_what_was_found()
    {
        ConformanceException failure = Assert.Throws<ConformanceException>(
            static () => MappingTypeConformance.Verify(static () => new WindowSubject(Fault.DeclineWithoutProperty)));
        Assert.Equal(MappingTypeConformance.Rules, failure.Results.Select(static result => result.Rule));
        Assert.Equal(
            "BROKEN: DeclineNamesProperty: with a static importer: no pair names a property. The rule: A decline names the property that did not fit.",
            failure.Message);
    }

    private static WindowSubject SubjectOf(Fault fault, string rule) => rule == "StaticImporterRefused"
        ? new WindowSubject(fault, Revocability.Cooperative, needsItsMemoryBack: true)
        : new WindowSubject(fault);
}
