namespace DmaBuf.Testing;

/// <summary>
/// The rules that every mapping type and its exporters must keep, ours and a stranger's: negotiation is pure, attachments and mappings are fresh, everything is undone, a
/// dynamic importer may map again at once, and no access escapes unmap or revoke.
/// </summary>
/// <remarks>
/// Needs no test framework: <see cref="Verify"/> throws. docs/conformance.md shows how, and says what each rule means. Safe for all threads; one check runs on the calling
/// thread and on the thread pool.
/// </remarks>
public static class MappingTypeConformance
{
    /// <summary>Every rule, in the order of the results.</summary>
    public static IReadOnlyList<ConformanceRule> Rules { get; } =
        [.. NegotiationRules.All, .. LifeRules.All, .. UndoRules.All, .. InvalidateRules.All, .. RevokeRules.All, .. TakeAwayRules.All];

    /// <summary>Checks every rule.</summary>
    /// <param name="create">Makes the subject; called for each rule and kind of importer.</param>
    /// <returns>One result a rule, in a fixed order.</returns>
    public static IReadOnlyList<ConformanceResult> Check(Func<MappingTypeSubject> create)
    {
        ArgumentNullException.ThrowIfNull(create);
        return [.. Rules.Select(rule => Check(create, rule))];
    }

    /// <summary>Checks every rule, and throws if one is broken.</summary>
    /// <param name="create">Makes the subject; called for each rule and kind of importer.</param>
    /// <exception cref="ConformanceException">At least one rule is broken.</exception>
    public static void Verify(Func<MappingTypeSubject> create)
    {
        IReadOnlyList<ConformanceResult> results = Check(create);
        if (results.Any(static result => !result.Passed))
        {
            throw new ConformanceException(results);
        }
    }

    /// <summary>Checks one rule.</summary>
    /// <param name="create">Makes the subject; called for each kind of importer.</param>
    /// <param name="rule">One of <see cref="Rules"/>.</param>
    public static ConformanceResult Check(Func<MappingTypeSubject> create, ConformanceRule rule)
    {
        ArgumentNullException.ThrowIfNull(create);
        ArgumentNullException.ThrowIfNull(rule);
        string? excuse = null;
        bool[] kinds = rule.Importers switch
        {
            ConformanceImporters.Static => [false],
            ConformanceImporters.Dynamic => [true],
            _ => [false, true],
        };
        foreach (bool isDynamic in kinds)
        {
            using MappingTypeSubject subject = create();
            if (rule.Importers == ConformanceImporters.Each && !isDynamic && !subject.TakesStaticImporters)
            {
                continue;
            }

            if (FindFault(subject, rule, isDynamic, ref excuse) is { } fault)
            {
                string importer = isDynamic ? "a dynamic importer" : "a static importer";
                return new ConformanceResult(rule, ConformanceVerdict.Broken, $"with {importer}: {fault}");
            }
        }

        return new ConformanceResult(rule, excuse is null ? ConformanceVerdict.Holds : ConformanceVerdict.NotChecked, excuse);
    }

    private static string? FindFault(MappingTypeSubject subject, ConformanceRule rule, bool isDynamic, ref string? excuse)
    {
        try
        {
            ConformanceBench bench = new(subject, isDynamic);
            rule.Check(bench);
            bench.ExpectNothingLeft();
            excuse ??= bench.Excuse;
            return null;
        }
        catch (BrokenRuleException broken)
        {
            return broken.Message;
        }
        catch (Exception exception)
        {
            return $"{exception.GetType().Name}: {exception.Message}";
        }
    }
}
