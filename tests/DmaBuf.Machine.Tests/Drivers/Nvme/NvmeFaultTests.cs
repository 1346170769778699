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

            // The controller that goes in the middle of its own access still holds its memory while the buffer is closed: mapping and fence are reported.
            int problems = hasStruck && kind == "cmb" && strike == "remove" ? 2 : 0;
            bench.ExpectNothingLeft(hasStruck ? Math.Max(1, bench.Machine.Faults.TotalCount) : 0, problems);
            if (!hasStruck)
            {
                break;
            }
        }

        Assert.True(struck > 30, $"only {struck} accesses");
    }

    [Theory]
    [InlineData(PciRemovalKind.Orderly)]
    [InlineData(PciRemovalKind.Surprise)]
    public void Controller_memory_is_closed_with_its_controller(PciRemovalKind kind)
    {
        NvmeBench bench = new();
        using (DmaBuffer buffer = bench.Buffer("cmb"))
        {
            bench.Controller.Function.Remove(kind);
            Assert.Equal(BufferPhase.Dead, buffer.Phase);
        }

        bench.ExpectNothingLeft();
    }

    [Fact]
    public void Controller_memory_shows_nobody_what_was_in_it_before()
    {
        NvmeBench bench = new();
        using (DmaBuffer first = bench.Buffer("cmb"))
        {
            ((MachineExporter)first.Exporter).Write(0, bench.Contents);
        }

        using (DmaBuffer second = bench.Buffer("cmb"))
        {
            Assert.Equal(new byte[NvmeBench.Size], DriverBench.BytesOf(second));
        }

        bench.ExpectNothingLeft();
    }

    private static DmaFaultInjection Injection(NvmeBench bench, string strike, int number) => strike switch
    {
        "fail" => DmaFaultInjection.FailAccess(number, LargestAccess),
        "abort" => DmaFaultInjection.AtAccess(number, static access => access.Transfer!.Abort(), LargestAccess),
        "remove" => DmaFaultInjection.AtAccess(number, static access => access.Device.Function!.Remove(), LargestAccess),
        _ => DmaFaultInjection.AtAccess(number, _ => bench.Gpu.Engine!.Function!.Remove(), LargestAccess),
    };
}
