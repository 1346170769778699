namespace DmaBuf.Testing;

/// <summary>
/// The rules that every mapping type must keep, ours and a stranger's: negotiation is pure, attachments and mappings are fresh, everything is undone, and no access
/// escapes unmap or revoke.
/// </summary>
public static class MappingTypeConformance
{
    /// <summary>Checks every rule.</summary>
    /// <param name="subject">The type under test.</param>
    /// <returns>One result a rule, in a fixed order.</returns>
    public static IReadOnlyList<ConformanceResult> Check(MappingTypeSubject subject)
    {
        ArgumentNullException.ThrowIfNull(subject);
        return [.. NegotiationRules.All.Concat(LifeRules.All).Concat(RevokeRules.All).Select(rule => Check(subject, rule))];
    }

    /// <summary>Checks every rule, and throws if one is broken.</summary>
    /// <param name="subject">The type under test.</param>
    /// <exception cref="ConformanceException">At least one rule is broken.</exception>
    public static void Verify(MappingTypeSubject subject)
    {
        IReadOnlyList<ConformanceResult> results = Check(subject);
        if (results.Any(static result => !result.Passed))
        {
            throw new ConformanceException(results);
        }
    }

    private static ConformanceResult Check(MappingTypeSubject subject, ConformanceRule rule)
    {
        ConformanceBench bench = new(subject);
        try
        {
            rule.Check(bench);
            ConformanceBench.Expect(bench.Registry.Count == 0, $"{bench.Registry.Count} buffers were left");
            ConformanceBench.Expect(bench.Registry.Problems.All(IsMeant), string.Join("; ", bench.Registry.Problems));
            return new ConformanceResult(rule.Sentence, null);
        }
        catch (BrokenRuleException broken)
        {
            return new ConformanceResult(rule.Sentence, broken.Message);
        }
        catch (Exception exception)
        {
            return new ConformanceResult(rule.Sentence, $"{exception.GetType().Name}: {exception.Message}");
        }
    }

    private static bool IsMeant(DmaBufferProblem problem) => problem.Kind != DmaBufferProblemKind.BrokenPromise;
}
