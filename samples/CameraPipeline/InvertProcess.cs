using System.Runtime.InteropServices;
using DmaBuf.Sharing;

namespace DmaBuf.Samples.Camera;

/// <summary>The second process: reads each picture where the first one wrote it, and writes its negative where the third one reads it.</summary>
internal static class InvertProcess
{
    internal static async Task RunAsync(string from, string to, CancellationToken cancellationToken)
    {
        using FrameSubscriber subscriber = await Channels.JoinAsync(from, cancellationToken).ConfigureAwait(false);
        using FramePublisher publisher = await Channels.PublishAsync(to, subscriber.BufferBytes, cancellationToken).ConfigureAwait(false);
        await foreach (Frame frame in subscriber.WithCancellation(cancellationToken).ConfigureAwait(false))
        {
            using (frame)
            using (FrameLoan loan = publisher.Loan(cancellationToken))
            {
                (int width, int height) = Picture.Measure(frame);
                Invert(frame.Span, loan.Span);
                loan.Publish(frame.Size, new FrameInfo { TimeStamp = frame.TimeStamp, Description = Picture.Describe(width, height) });
            }
        }

        Channels.RequireClosed(subscriber);
    }

    private static void Invert(ReadOnlySpan<byte> source, Span<byte> target)
    {
        ReadOnlySpan<uint> pixels = MemoryMarshal.Cast<byte, uint>(source);
        Span<uint> inverted = MemoryMarshal.Cast<byte, uint>(target);
        for (int i = 0; i < pixels.Length; i++)
        {
            inverted[i] = pixels[i] ^ 0x00ffffff;
        }
    }
}
