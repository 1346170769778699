namespace DmaBuf.Tests.Defects;

/// <summary>What counts as the proof of a defect, and what does not.</summary>
public sealed class DefectProofTests
{
    [Fact]
    public void A_mutant_that_fails_at_the_defect_is_a_proof()
        => DefectProof.Show("it is broken", true, false, static (works, defect) => defect.AbsentIf(works));

    [Fact]
    public void A_mutant_that_fails_at_another_assertion_is_none()
        => AssertNoProof(static (works, defect) =>
        {
            Assert.True(works);
            defect.AbsentIf(works);
        });

    [Fact]
    public void A_mutant_that_ends_with_an_exception_is_none()
        => AssertNoProof(static (works, defect) =>
        {
            _ = works ? 0 : throw new TimeZoneNotFoundException();
            defect.AbsentIf(works);
        });

    [Fact]
    public void A_mutant_that_fails_at_another_defect_is_none()
        => AssertNoProof(static (works, defect) =>
        {
            new Defect("something else is broken").AbsentIf(works);
            defect.AbsentIf(works);
        });

    [Fact]
    public void A_mutant_that_passes_is_none() => AssertNoProof(static (_, defect) => defect.AbsentIf(true));

    [Fact]
    public void A_body_that_looks_for_the_defect_in_the_mutant_alone_is_none()
        => AssertNoProof(static (works, defect) =>
        {
            if (!works)
            {
                defect.AbsentIf(false);
            }
        });

    private static void AssertNoProof(Action<bool, Defect> body)
    {
        Exception? refused = Record.Exception(() => DefectProof.Show("it is broken", true, false, body));
        Assert.Contains("it is broken", Assert.IsType<Xunit.Sdk.TrueException>(refused).Message, StringComparison.Ordinal);
    }
}
