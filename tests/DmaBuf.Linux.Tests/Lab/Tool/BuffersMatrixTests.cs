namespace DmaBuf.Linux.Tests;

/// <summary><c>dmabuf matrix</c> on a real kernel: every pair of memory and interface is foretold, tried, and its bytes verified.</summary>
[LabMachine(LabMachines.Buffers)]
public sealed class BuffersMatrixTests : LeakCheckedTest
{
    private static readonly VideoFormat s_format = new(320, 180, "YUYV", []);

    /// <summary>1.8 MB a frame.</summary>
    private static readonly VideoFormat s_large = new(1280, 720, "YUYV", []);

    [Fact]
    public void Every_pair_of_kernel_buffers_is_as_foretold()
    {
        // A device keeps the format that another test gave it, and one whose frames are larger than the other's buffers would say so first.
        BuffersLab.SetFormat(BuffersLab.ByCpu, VideoBufferType.Capture, s_format);
        BuffersLab.SetFormat(BuffersLab.Contiguous, VideoBufferType.Capture, s_format);

        string byCpu = BuffersLab.NameOf(BuffersLab.ByCpu);
        string contiguous = BuffersLab.NameOf(BuffersLab.Contiguous);
        MatrixPairs matrix = new();
        foreach (string exporter in new[] { "heap system", "udmabuf", "vgem card" })
        {
            matrix.Verified(exporter, "CPU writer", "Cpu");
            matrix.Verified(exporter, "vgem card", "Descriptor");
            matrix.Verified(exporter, "vgem render", "Descriptor");
            matrix.Verified(exporter, byCpu, "Descriptor");
            matrix.Declined(exporter, "virtio_gpu card", "kernel exporter", "ENODEV of the kernel");
        }

        matrix.Verified(byCpu, "vgem card", "Descriptor");
        matrix.Verified(contiguous, byCpu, "Descriptor");
        matrix.Declined("memfd", "vgem card", "descriptor kind", "EINVAL of the kernel", isWholeName: true);
        matrix.Declined("memfd", byCpu, "descriptor kind", "EINVAL of the kernel", isWholeName: true);
        matrix.DeclinedAsUnknown("udmabuf", contiguous, "contiguous run", "EFAULT of the kernel");
        matrix.DeclinedAsUnknown(byCpu, contiguous, "contiguous run", "EFAULT of the kernel");
        matrix.Declined(byCpu, byCpu, "one queue", "not tried");
    }

    [Fact]
    public void A_camera_with_larger_frames_gets_larger_buffers()
    {
        BuffersLab.SetFormat(BuffersLab.ByCpu, VideoBufferType.Capture, s_large);
        BuffersLab.SetFormat(BuffersLab.Contiguous, VideoBufferType.Capture, s_format);
        try
        {
            MatrixPairs matrix = new();
            matrix.Verified("heap system", "vivid video0", "Descriptor");
            matrix.Verified("udmabuf", "vivid video0", "Descriptor");
            matrix.Verified("vgem card", "vivid video0", "Descriptor");
        }
        finally
        {
            BuffersLab.SetFormat(BuffersLab.ByCpu, VideoBufferType.Capture, s_format);
        }
    }
}
