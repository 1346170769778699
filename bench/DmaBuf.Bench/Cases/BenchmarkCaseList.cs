namespace DmaBuf.Bench;

/// <summary>All rows of the report, in its order. A new case is added here and nowhere else.</summary>
internal static class BenchmarkCaseList
{
    /// <summary>Makes every case, set up and ready to run.</summary>
    public static IReadOnlyList<IBenchmarkCase> CreateAll() =>
    [
        .. NegotiationShapes.CreateAll(),
        new AttachDetachCase(live: 0),
        new AttachDetachCase(live: 64),
        new AccessCase(),
        .. TableRanges.Sizes.Select(count => new TableFillCase(count, againstMemset: false)),
        new TableFillCase(4096, againstMemset: true),
        .. TableRanges.Sizes.Select(count => new TableBuildCase(count)),
        .. PageRunCase.CreateAll(),
        new TranslationCase(),
        new IovaCase(fragments: 0),
        new IovaCase(fragments: IovaCase.ManyFragments),
        .. ListCase.CreateAll(),
        .. PageRunCase.CreateGrowth(),
        .. MachineCase.CreateAll(),
        .. ThreadsCase.CreateAll(),
        .. OperatingSystem.IsLinux() ? (IBenchmarkCase[])[.. HandOverCase.CreateAll(), new JoinCase()] : [],
        new ControlCase(),
    ];
}
