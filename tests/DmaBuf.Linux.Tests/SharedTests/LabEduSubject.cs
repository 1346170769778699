using DmaBuf.Linux.Tests.Vfio;
using DmaBuf.Samples.Vfio;

namespace DmaBuf.Linux.Tests.SharedTests;

/// <summary>QEMU's edu device.</summary>
internal sealed class LabEduSubject : LabDmaSubject
{
    private readonly EduDevice _edu;

    private LabEduSubject(LabInterface through, EduDevice edu)
        : base(through)
        => _edu = edu;

    internal static async Task<DmaSubject> MakeAsync(LabInterface through) => new LabEduSubject(through, EduDevice.Open(await through.OpenAsync(LabDevices.Edu)));

    public override ValueTask DisposeAsync()
    {
        _edu.Dispose();
        return base.DisposeAsync();
    }

    /// <summary>Its transfers are a little shorter than a page.</summary>
    protected override async Task MoveAsync(DmaAddress from, DmaAddress to)
    {
        const int half = (int)Page / 2;
        await _edu.CopyAsync(from, to, half);
        await _edu.CopyAsync(new(from.Value + half), new(to.Value + half), half);
    }
}
