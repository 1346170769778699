using System.Globalization;

namespace DmaBuf.Bench;

/// <summary>The command line, read and checked.</summary>
internal sealed record BenchmarkOptions
{
    /// <summary>The fewest rounds that a median may be taken from.</summary>
    public const int FewestRounds = 9;

    /// <summary>How to call the program.</summary>
    public const string Usage = """
        usage: DmaBuf.Bench [run] [--filter TEXT] [--rounds N] [--round-time MS] [--warm-up S] [--output DIR] [--json]
               DmaBuf.Bench twin [--filter TEXT] [--rounds N] [--round-time MS]
               DmaBuf.Bench merge FIRST.json SECOND.json [--output DIR] [--json]

          run      measure C and C# in turns; write results.json and results.md (the default)
          twin     measure every case of the C twin alone
          merge    join the reports of a JIT and a NativeAOT run

          --filter TEXT     only rows whose name contains TEXT, upper and lower case alike
          --rounds N        rounds of each side, at least 9 (default 31)
          --round-time MS   how long one round of one side lasts, about (default 10)
          --warm-up S       how long each C# case runs before the first round, in seconds (default 1)
          --output DIR      where the report goes (default: bench/results of the repository)
          --json            print the report as JSON instead of the table
          --help            print this

        Exit code: 0 measured, whether or not the targets were met; 1 a measurement went wrong; 2 bad use, or gcc is missing.
        """;

    public BenchmarkCommand Command { get; init; }

    public string Filter { get; init; } = "";

    public int Rounds { get; init; } = 31;

    public TimeSpan RoundTime { get; init; } = TimeSpan.FromMilliseconds(10);

    public TimeSpan WarmUp { get; init; } = TimeSpan.FromSeconds(1);

    public string? Output { get; init; }

    public bool Json { get; init; }

    /// <summary>The two reports to be merged; empty for the other commands.</summary>
    public IReadOnlyList<string> Reports { get; init; } = [];

    /// <summary>Reads the arguments of the program.</summary>
    /// <exception cref="BenchmarkException">An argument is unknown, lacks its value or has a bad one.</exception>
    public static BenchmarkOptions Parse(IReadOnlyList<string> arguments)
    {
        var options = new BenchmarkOptions();
        var reports = new List<string>();
        for (int i = 0; i < arguments.Count; i++)
        {
            string argument = arguments[i];
            options = argument switch
            {
                "--help" or "-h" => options with { Command = BenchmarkCommand.Help },
                "run" when i == 0 => options,
                "twin" when i == 0 => options with { Command = BenchmarkCommand.Twin },
                "merge" when i == 0 => options with { Command = BenchmarkCommand.Merge },
                "--json" => options with { Json = true },
                "--filter" => options with { Filter = ValueOf(arguments, ref i) },
                "--output" => options with { Output = ValueOf(arguments, ref i) },
                "--rounds" => options with { Rounds = (int)NumberOf(arguments, ref i, FewestRounds, 10_000) },
                "--round-time" => options with { RoundTime = TimeSpan.FromMilliseconds(NumberOf(arguments, ref i, 1, 10_000)) },
                "--warm-up" => options with { WarmUp = TimeSpan.FromSeconds(NumberOf(arguments, ref i, 0, 600)) },
                _ when options.Command == BenchmarkCommand.Merge && !argument.StartsWith('-') => WithReport(options, reports, argument),
                _ => throw BenchmarkException.BadUse($"'{argument}' is not understood here; --help lists what is."),
            };
            if (options.Command == BenchmarkCommand.Help)
                return options;
        }

        if (options.Command == BenchmarkCommand.Merge && reports.Count != 2)
            throw BenchmarkException.BadUse($"merge joins exactly two reports, {reports.Count} were given; name the JIT and the NativeAOT results.json.");
        return options with { Reports = reports };
    }

    private static BenchmarkOptions WithReport(BenchmarkOptions options, List<string> reports, string path)
    {
        reports.Add(path);
        return options;
    }

    private static string ValueOf(IReadOnlyList<string> arguments, ref int index)
    {
        string option = arguments[index];
        if (++index == arguments.Count)
            throw BenchmarkException.BadUse($"{option} needs a value; --help shows which.");
        return arguments[index];
    }

    private static double NumberOf(IReadOnlyList<string> arguments, ref int index, double least, double most)
    {
        string option = arguments[index];
        string value = ValueOf(arguments, ref index);
        if (!double.TryParse(value, NumberStyles.Float, CultureInfo.InvariantCulture, out double number) || !(number >= least && number <= most))
            throw BenchmarkException.BadUse(string.Create(CultureInfo.InvariantCulture, $"{option} needs a number from {least} to {most}, not '{value}'."));
        return number;
    }
}
