namespace DmaBuf.Machine.Tests.Drivers;

/// <summary>Commands in both directions, aborted, faulted, or with their controller or their target pulled out, before every single access.</summary>
public sealed class NvmeFaultTests
{
    private const int LargestAccess = 4000;

    public static TheoryData<string, string> Cases => new(
        from kind in new[] { "ram", "gpu", "cmb" }
        from strike in new[] { "fail", "abort", "remove", "remove the GPU" }
        where strike != "remove the GPU" || kind == "gpu"
        select (kind, strike));

    [Theory]
    [MemberData(nameof(Cases))]
    public void Every_command_ends_and_has_moved_the_first_bytes_alone(string kind, string strike)
    {
        int struck = 0;
        for (int number = 1; ; number++, struck++)
        {
            NvmeBench bench = new();
            bool hasStruck;
            using (DmaBuffer buffer = bench.Buffer(kind))
            {
                bench.Controller.Engine.Injection = Injection(bench, strike, number);
                using NvmeBufferImporter importer = new(bench.Queue, buffer);
                DmaTransfer read = importer.ReadBlocks(bench.Medium, 0, NvmeBench.Blocks, 0);
                Errno first = NvmeBench.Wait(read);
                if (first == Errno.None)
                {
                    DmaTransfer written = importer.WriteBlocks(bench.Medium, 4000, NvmeBench.Blocks, 0);
                    NvmeBench.Wait(written);
                    byte[] expected = new byte[NvmeBench.Size];
                    bench.Contents.AsSpan(0, (int)written.MovedBytes).CopyTo(expected);
                    Assert.Equal(expected, bench.BytesOnMedium(4000 * 512, NvmeBench.Size));
                    Assert.Equal(written.Fence.Error == Errno.None, written.MovedBytes == written.Length);
                }

                hasStruck = bench.Controller.Engine.Injection.HasStruck;
                bench.Controller.Engine.Injection = null;
                Assert.Equal(bench.Contents, bench.BytesOnMedium(0, NvmeBench.Size));
                bool isThere = !(kind == "cmb" && strike == "remove") && strike != "remove the GPU";
                if (hasStruck && isThere)
                {
                    byte[] expected = new byte[NvmeBench.Size];
                    bench.Contents.AsSpan(0, (int)read.MovedBytes).CopyTo(expected);
                    Assert.Equal(expected, DriverBench.BytesOf(buffer));
                }

                if (hasStruck && strike == "remove")
                {
                    Expect.Fails(Errno.ENODEV, () => importer.ReadBlocks(bench.Medium, 0, 1, 0));
                    Expect.Fails(Errno.ENODEV, () => bench.Controller.ExportControllerMemory(4096));
                }
            }

            bench.ExpectNothingLeft(faults: hasStruck ? Math.Max(1, bench.Machine.Faults.TotalCount) : 0);
            if (!hasStruck)
            {
                break;
            }
        }

        Assert.True(struck > 30, $"only {struck} accesses");
    }

    private static DmaFaultInjection Injection(NvmeBench bench, string strike, int number) => strike switch
    {
        "fail" => DmaFaultInjection.FailAccess(number, LargestAccess),
        "abort" => DmaFaultInjection.AtAccess(number, static access => access.Transfer!.Abort(), LargestAccess),
        "remove" => DmaFaultInjection.AtAccess(number, static access => access.Device.Function!.Remove(), LargestAccess),
        _ => DmaFaultInjection.AtAccess(number, _ => bench.Gpu.Engine!.Function!.Remove(), LargestAccess),
    };
}
