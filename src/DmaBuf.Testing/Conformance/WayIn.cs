namespace DmaBuf.Testing;

/// <summary>What a user copied out of a mapping and keeps, for the rules that ask where it leads once the mapping is gone.</summary>
internal static class WayIn
{
    /// <summary>Says whether it leads to the memory; null, with an excuse, where the rule does not apply.</summary>
    internal static Func<bool>? Of(ConformanceBench bench, Mapping mapping)
    {
        if (mapping.Attachment.Revocability != Revocability.Enforced)
        {
            bench.Excuse = $"the mapping is {mapping.Attachment.Revocability.ToString().ToLowerInvariant()} revocable, so its importer is trusted";
            return null;
        }

        if (bench.Subject.KeepWayIn(mapping) is not { } way)
        {
            bench.Excuse = "the subject knows nothing that could be copied out of a mapping";
            return null;
        }

        ConformanceBench.Expect(way(), "what was copied out of a live mapping does not lead to the memory: KeepWayIn is wrong");
        return way;
    }
}
