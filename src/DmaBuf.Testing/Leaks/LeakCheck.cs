using System.Globalization;

namespace DmaBuf.Testing;

/// <summary>
/// Counts what may leak before and after: buffers, attachments, live mappings, reported problems, and where the system shows them the descriptors of this process.
/// </summary>
/// <remarks>
/// Start it first, dispose what the test made, then verify. Descriptors are those of the whole process, so nothing else may open any meanwhile; what is open for a moment only,
/// such as a file that the runtime reads, does not count. Used by one thread.
/// </remarks>
public sealed class LeakCheck
{
    private const string Problems = "problems";

    private readonly DmaBufferRegistry _registry;
    private readonly Dictionary<string, long> _before;
    private readonly HashSet<string> _descriptors;

    private LeakCheck(DmaBufferRegistry registry)
    {
        _registry = registry;
        _before = Count();
        _descriptors = OpenDescriptors.Settled();
    }

    /// <summary>Counts what is there now.</summary>
    /// <param name="registry">The registry of the buffers in question; null: the default one.</param>
    public static LeakCheck Start(DmaBufferRegistry? registry = null) => new(registry ?? DmaBufferRegistry.Default);

    /// <summary>Counts again, and fails if anything was left.</summary>
    /// <param name="expectedProblems">How many problems the test meant to cause.</param>
    /// <exception cref="LeakException">What was left, with a dump of the buffers.</exception>
    public void Verify(long expectedProblems = 0)
    {
        List<string> leaks = [];
        foreach ((string kind, long after) in Count())
        {
            long expected = _before[kind] + (kind == Problems ? expectedProblems : 0);
            if (after != expected)
            {
                leaks.Add(string.Create(CultureInfo.InvariantCulture, $"{kind}: {expected} expected, {after} found"));
            }
        }

        (IReadOnlyList<string> leftOpen, IReadOnlyList<string> closed) = OpenDescriptors.Differences(_descriptors);
        leaks.AddRange(leftOpen.Select(static one => $"descriptor left open: {one}"));
        leaks.AddRange(closed.Select(static one => $"descriptor closed that was not this test's: {one}"));
        if (leaks.Count > 0)
        {
            throw new LeakException($"{string.Join("; ", leaks)}.\n{_registry.Dump()}\n{string.Join('\n', _registry.Problems)}");
        }
    }

    private Dictionary<string, long> Count()
    {
        IReadOnlyList<DmaBuffer> buffers = _registry.Buffers;
        return new Dictionary<string, long>
        {
            ["buffers"] = buffers.Count,
            ["attachments"] = buffers.Sum(static buffer => (long)buffer.AttachmentCount),
            ["mappings"] = buffers.Sum(static buffer => (long)buffer.MappingCount),
            [Problems] = _registry.ProblemCount,
        };
    }
}
