using DmaBuf.Bench;

// Not for people: this program as the other process of a hand-over.
if (OperatingSystem.IsLinux() && args is [HandOverEcho.Command, .. string[] shape])
{
    await HandOverEcho.RunAsync(shape).ConfigureAwait(false);
    return 0;
}

try
{
    BenchmarkOptions options = BenchmarkOptions.Parse(args);
    switch (options.Command)
    {
        case BenchmarkCommand.Help:
            Console.WriteLine(BenchmarkOptions.Usage);
            break;
        case BenchmarkCommand.Twin:
            using (var session = new BenchmarkSession(options))
                Console.Write(session.MeasureTwin());
            break;
        case BenchmarkCommand.Merge:
            Publish(options, ResultDocument.Merge(ReportFile.Read(options.Reports[0]), ReportFile.Read(options.Reports[1])));
            break;
        default:
            using (var session = new BenchmarkSession(options))
                Publish(options, session.MeasureAll());
            break;
    }

    return 0;
}
catch (BenchmarkException error)
{
    Console.Error.WriteLine($"DmaBuf.Bench: {error.Message}");
    return error.ExitCode;
}

static void Publish(BenchmarkOptions options, ResultDocument document)
{
    string folder = ReportFile.ChooseFolder(options.Output);
    ReportFile.Write(folder, document);
    Console.Write(options.Json ? ReportFile.ToJson(document) + "\n" : MarkdownReport.FormatTable(document) + MarkdownReport.FormatTrust(document));
    Console.Error.WriteLine($"written: {Path.Combine(folder, "results.json")} and results.md");
}
