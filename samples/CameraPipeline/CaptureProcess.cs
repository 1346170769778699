using System.Diagnostics;
using DmaBuf.Sharing;

namespace DmaBuf.Samples.Camera;

/// <summary>The first process: from a camera into a channel.</summary>
internal static class CaptureProcess
{
    internal static async Task RunAsync(string to, int count, CancellationToken cancellationToken)
    {
        // For tests and for pictures that are known: CAMERA=test takes no device.
        using ICamera camera = (Environment.GetEnvironmentVariable("CAMERA") == "test" ? null : VideoCamera.TryOpen()) ?? (ICamera)new TestCamera();
        ulong bytes = (ulong)(camera.Width * camera.Height * Picture.PixelBytes);
        using FramePublisher publisher = await Channels.PublishAsync(to, bytes, cancellationToken).ConfigureAwait(false);
        for (int number = 0; number < count; number++)
        {
            using FrameLoan loan = publisher.Loan(cancellationToken);
            await camera.CaptureAsync(() => loan.Span, cancellationToken).ConfigureAwait(false);
            loan.Publish(bytes, new FrameInfo { TimeStamp = Stopwatch.GetTimestamp(), Description = Picture.Describe(camera.Width, camera.Height) });
        }
    }
}
