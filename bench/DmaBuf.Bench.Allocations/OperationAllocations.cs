using BenchmarkDotNet.Attributes;

namespace DmaBuf.Bench.Allocations;

/// <summary>Every C# case of the bench that has a limit, one parameter each; those that show how cost grows have none. BenchmarkDotNet demands a public class that can be inherited.</summary>
[MemoryDiagnoser(displayGenColumns: false)]
public class OperationAllocations
{
    private const int Operations = 256;

    private static readonly IReadOnlyList<IBenchmarkCase> s_cases = [.. BenchmarkCaseList.CreateAll().Where(static each => each is { AllowedBytes: not null, Growth: null })];

    private IBenchmarkCase? _chosen;

    /// <summary>The rows of the bench by name.</summary>
    public static IEnumerable<string> Names => s_cases.Select(each => each.Name);

    /// <summary>The row that is measured.</summary>
    [ParamsSource(nameof(Names))]
    public string Name { get; set; } = "";

    /// <summary>The bytes that one operation of a row may allocate; none if the row has no limit.</summary>
    public static long? AllowedBytes(string name) => Find(name).AllowedBytes;

    /// <summary>Finds the row, outside what is measured.</summary>
    [GlobalSetup]
    public void Choose() => _chosen = Find(Name);

    /// <summary>The operation.</summary>
    [Benchmark(OperationsPerInvoke = Operations)]
    public void Operation() => _chosen!.Run(Operations);

    private static IBenchmarkCase Find(string name) => s_cases.Single(each => each.Name == name);
}
