using DmaBuf.Linux.Tests.Vfio;
using DmaBuf.Samples.Vfio;

namespace DmaBuf.Linux.Tests.SharedTests;

/// <summary>An NVMe controller: what it moves goes through one of its blocks.</summary>
internal sealed class LabNvmeSubject : LabDmaSubject
{
    private const ulong Block = 128;
    private readonly NvmeController _nvme;

    private LabNvmeSubject(LabInterface through, NvmeController nvme)
        : base(through)
        => _nvme = nvme;

    internal static async Task<DmaSubject> MakeAsync(LabInterface through) =>
        new LabNvmeSubject(through, await NvmeController.StartAsync(await through.OpenAsync(LabDevices.Nvme), buffer => through.Attach(buffer)));

    public override ValueTask DisposeAsync()
    {
        _nvme.Dispose();
        return base.DisposeAsync();
    }

    protected override async Task MoveAsync(DmaAddress from, DmaAddress to)
    {
        await TryAsync(_nvme.WriteAsync(Block, from, (int)Page));
        await TryAsync(_nvme.ReadAsync(Block, to, (int)Page));
    }

    /// <summary>A controller that was not let through may say so.</summary>
    private static async Task TryAsync(Task command)
    {
        try
        {
            await command;
        }
        catch (DmaBufException refused) when (refused.Errno == Errno.EIO)
        {
            // Memory tells what became of it.
        }
    }
}
