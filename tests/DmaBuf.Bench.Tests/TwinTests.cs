namespace DmaBuf.Bench.Tests;

public sealed class TwinTests : IDisposable
{
    private readonly string _folder = Directory.CreateTempSubdirectory("dmabuf-bench-tests-").FullName;

    public TwinTests() => Assert.SkipUnless(TwinCompiler.IsAvailable, "gcc is missing, which builds the C twin");

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    [Fact]
    public void Every_case_has_an_opponent_and_both_do_their_work()
    {
        using var plain = new TwinProcess(TwinCompiler.Compile(_folder, TwinBuild.Plain));
        using var native = new TwinProcess(TwinCompiler.Compile(_folder, TwinBuild.Native));

        foreach (IBenchmarkCase benchmarkCase in BenchmarkCaseList.CreateAll())
        {
            TwinProcess twin = benchmarkCase.TwinBuild == TwinBuild.Plain ? plain : native;
            Assert.Contains(benchmarkCase.TwinCase.Split(':')[0], twin.CaseNames);
            Assert.True(twin.Run(benchmarkCase.TwinCase, 2) > 0, benchmarkCase.TwinCase);
            benchmarkCase.Run(2);
        }
    }

    [Fact]
    public void A_request_that_the_twin_refuses_is_an_error_and_not_a_time()
    {
        using var twin = new TwinProcess(TwinCompiler.Compile(_folder, TwinBuild.Plain));

        Assert.Contains("no case is named", Assert.Throws<BenchmarkException>(() => twin.Run("nothing", 1)).Message, StringComparison.Ordinal);
        Assert.Throws<BenchmarkException>(() => twin.Pin(1 << 20));
    }
}
