using System.Diagnostics;
using DmaBuf.Sharing;

namespace DmaBuf.Samples.Camera;

/// <summary>The third process: shows pictures, as files.</summary>
internal static class ViewProcess
{
    internal static async Task RunAsync(string from, string folder, CancellationToken cancellationToken)
    {
        using FrameSubscriber subscriber = await Channels.JoinAsync(from, cancellationToken).ConfigureAwait(false);
        await foreach (Frame frame in subscriber.WithCancellation(cancellationToken).ConfigureAwait(false))
        {
            using (frame)
            {
                double age = Stopwatch.GetElapsedTime(frame.TimeStamp).TotalMilliseconds;
                (int width, int height) = Picture.Measure(frame);
                string path = Path.Combine(folder, $"frame-{frame.Sequence:0000}.png");
                PngFile.Write(path, width, height, frame.Span);
                Console.WriteLine(FormattableString.Invariant($"{path}: {width}x{height}, {age:0.00} ms after it was captured"));
            }
        }

        Channels.RequireClosed(subscriber);
    }
}
