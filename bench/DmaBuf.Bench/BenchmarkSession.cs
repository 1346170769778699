namespace DmaBuf.Bench;

/// <summary>
/// One start of the bench: it owns the twins and measures, on the calling thread, whatever it is asked for. Progress goes to standard
/// error, so that standard output holds the report alone.
/// </summary>
internal sealed class BenchmarkSession : IDisposable
{
    private readonly BenchmarkOptions _options;
    private readonly TwinProcess _twin;
    private readonly TwinProcess _nativeTwin;
    private readonly int _core = CorePin.ChooseCore();

    /// <summary>Compiles the twin and starts it.</summary>
    /// <exception cref="BenchmarkException">It could not be compiled.</exception>
    public BenchmarkSession(BenchmarkOptions options)
    {
        _options = options;
        Console.Error.WriteLine("compiling the C twin");
        DirectoryInfo folder = Directory.CreateTempSubdirectory("dmabuf-bench-");
        try
        {
            string plain = TwinCompiler.Compile(folder.FullName, TwinBuild.Plain);
            string native = TwinCompiler.Compile(folder.FullName, TwinBuild.Native);
            _twin = new TwinProcess(plain);
            _nativeTwin = new TwinProcess(native);
        }
        finally
        {
            // A running program needs its file no longer, and so an interrupted bench leaves nothing behind.
            folder.Delete(recursive: true);
        }
    }

    /// <summary>Warms up every case and measures those that the filter names, and always the control.</summary>
    /// <exception cref="BenchmarkException">The filter names none, or a case names a twin that does not exist.</exception>
    public ResultDocument MeasureAll()
    {
        IReadOnlyList<IBenchmarkCase> cases = BenchmarkCaseList.CreateAll();
        IBenchmarkCase[] chosen = [.. cases.Where(each => Passes(each.Name) || each is ControlCase)];
        if (!cases.Any(each => Passes(each.Name)))
            throw BenchmarkException.BadUse($"No row has '{_options.Filter}' in its name; the rows are: {string.Join("; ", cases.Select(each => each.Name))}.");
        if (cases.FirstOrDefault(each => !_twin.CaseNames.Contains(each.TwinCase.Split(':')[0])) is { } orphan)
            throw BenchmarkException.WentWrong($"'{orphan.Name}' is to be held against '{orphan.TwinCase}', which the C twin does not have.");

        MeasuredRuntime runtime = MeasuredRuntime.Current();
        if (runtime.Load > Environment.ProcessorCount / 2.0)
            Console.Error.WriteLine($"others are computing here (load average {runtime.Load}); the figures will be noisy, judge by the ratio of the minima");
        Console.Error.WriteLine($"warming up {cases.Count} cases");
        WarmUp.Run([.. cases.Where(static each => each.NeedsWarmUp)], _options.WarmUp);
        return new ResultDocument(
            MachineFacts.Collect(),
            [runtime],
            _options.Rounds,
            [.. chosen.Select((each, index) => Measure(runtime, each, index + 1, chosen.Length))]);
    }

    /// <summary>Measures the twin's cases alone.</summary>
    /// <exception cref="BenchmarkException">The filter names none.</exception>
    public string MeasureTwin()
    {
        var table = new TextTable("twin case", "ns/operation: min / median / max");
        string[] chosen = [.. _twin.CaseNames.Where(Passes)];
        if (chosen.Length == 0)
            throw BenchmarkException.BadUse($"The twin has no case with '{_options.Filter}' in its name; it has: {string.Join(", ", _twin.CaseNames)}.");
        _twin.Pin(_core);
        foreach (string name in chosen)
        {
            Console.Error.WriteLine(name);
            BenchmarkSide side = SideOf(_twin, name, 1);
            int iterations = side.FindIterations(_options.RoundTime);
            double[] rounds = [.. Enumerable.Range(0, _options.Rounds).Select(_ => side.Measure(iterations))];
            table.Add(name, Figure.Rounds(SideStatistics.Of(rounds)));
        }

        return table.ToString();
    }

    /// <summary>Ends the twins.</summary>
    public void Dispose()
    {
        _twin.Dispose();
        _nativeTwin.Dispose();
    }

    private ResultRow Measure(MeasuredRuntime runtime, IBenchmarkCase benchmarkCase, int number, int count)
    {
        Console.Error.WriteLine($"[{number}/{count}] {benchmarkCase.Name}: {_options.Rounds} rounds");
        double bytes = AllocationMeter.BytesPerIteration(benchmarkCase);
        TwinProcess twin = benchmarkCase.TwinBuild == TwinBuild.Plain ? _twin : _nativeTwin;
        if (benchmarkCase.IsPinned)
            twin.Pin(_core);
        else
            twin.Unpin();
        using CorePin? pin = benchmarkCase.IsPinned ? CorePin.Take(_core) : null;
        var ours = new BenchmarkSide(iterations => Clock.Time(benchmarkCase, iterations), benchmarkCase.UnitsPerIteration);
        (SideStatistics twinRounds, SideStatistics ourRounds) =
            InterleavedRounds.Measure(SideOf(twin, benchmarkCase.TwinCase, benchmarkCase.UnitsPerIteration), ours, _options.Rounds, _options.RoundTime);
        return new ResultRow(
            benchmarkCase.Name,
            benchmarkCase.Unit,
            benchmarkCase.Target,
            benchmarkCase.AllowedBytes,
            [new RunResult(runtime.Name, ourRounds, twinRounds, bytes)],
            benchmarkCase.Growth);
    }

    private static BenchmarkSide SideOf(TwinProcess twin, string twinCase, int units) => new(iterations => twin.Run(twinCase, iterations), units);

    private bool Passes(string name) => name.Contains(_options.Filter, StringComparison.OrdinalIgnoreCase);
}
