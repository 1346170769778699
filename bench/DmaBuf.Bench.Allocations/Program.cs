using BenchmarkDotNet.Configs;
using BenchmarkDotNet.Jobs;
using BenchmarkDotNet.Reports;
using BenchmarkDotNet.Running;
using BenchmarkDotNet.Toolchains.InProcess.Emit;
using DmaBuf.Bench.Allocations;

// Rows are told apart by their names, which BenchmarkDotNet would cut.
const int LongestName = 80;

// In this process, because no project has to be generated and built for it then; few iterations, because bytes do not scatter.
Job job = Job.Default.WithToolchain(InProcessEmitToolchain.Instance).WithWarmupCount(5).WithIterationCount(3);
Summary summary = BenchmarkRunner.Run<OperationAllocations>(
    DefaultConfig.Instance.AddJob(job).WithSummaryStyle(SummaryStyle.Default.WithMaxParameterColumnWidth(LongestName)));

bool kept = !summary.HasCriticalValidationErrors && summary.Reports.Length > 0;
foreach (BenchmarkReport report in summary.Reports)
{
    string name = (string)report.BenchmarkCase.Parameters[nameof(OperationAllocations.Name)];
    long? allocated = report.GcStats.GetBytesAllocatedPerOperation(report.BenchmarkCase);
    long? allowed = OperationAllocations.AllowedBytes(name);
    if (!report.Success || allocated is null)
    {
        Console.Error.WriteLine($"{name}: could not be measured; its reason stands above");
        kept = false;
    }
    else if (allocated > allowed)
    {
        Console.Error.WriteLine($"{name}: allocates {allocated} B an operation, {allowed} B are allowed");
        kept = false;
    }
}

return kept ? 0 : 1;
