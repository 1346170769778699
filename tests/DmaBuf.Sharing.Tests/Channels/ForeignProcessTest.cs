using System.Diagnostics;

namespace DmaBuf.Sharing.Tests;

/// <summary>Channels whose subscribers are programs in C, in processes of their own.</summary>
public abstract class ForeignProcessTest : ChannelTest, IClassFixture<ForeignSubscriber>
{
    private readonly ForeignSubscriber _foreign;

    protected ForeignProcessTest(ForeignSubscriber foreign)
    {
        CCompiler.SkipUnlessThere();
        _foreign = foreign;
    }

    internal DescriptorListener Listen() => DescriptorListener.Listen(_foreign.SocketAddress);

    internal Process Start(string mode, ulong seed) => _foreign.Start(mode, seed);

    internal async Task<(Process Process, ChannelMember Member)> InviteAsync(FramePublisher publisher, DescriptorListener listener, string mode, ulong seed = 1)
    {
        Process process = Start(mode, seed);
        return (process, await FrameChannel.InviteAsync(publisher, await listener.AcceptAsync(Token), Token));
    }

    internal static ulong PublishNumbered(FramePublisher publisher, int bytes)
    {
        FrameLoan loan = publisher.Loan(Token);
        NumberedFrames.Fill(loan.Window(0, bytes), publisher.Sequence + 1);
        return loan.Publish((ulong)bytes);
    }

    internal static async Task EndAsync(Process process, int exitCode)
    {
        using (process)
        {
            await process.WaitForExitAsync(Token);
            Assert.Equal(exitCode, process.ExitCode);
        }
    }

    internal static async Task KillAsync(Process process)
    {
        using (process)
        {
            process.Kill();
            await process.WaitForExitAsync(Token);
        }
    }

    /// <summary>Receives until the end, in a thread of its own; each frame is whole, and none is missing where none may be.</summary>
    internal static Task<ulong> VerifyAllAsync(FrameSubscriber subscriber, bool mayMiss) => Task.Factory.StartNew(
        () =>
        {
            ulong last = 0;
            while (subscriber.Receive(out Frame frame, Long, Token) == ReceiveResult.Received)
            {
                using (frame)
                {
                    Assert.True(mayMiss ? frame.Sequence > last : frame.Sequence == last + 1, $"{frame.Sequence} came after {last}");
                    Assert.True(NumberedFrames.IsWhole(frame.Span, frame.Sequence), $"frame {frame.Sequence} is not whole");
                    last = frame.Sequence;
                }
            }

            return last;
        }, Token, TaskCreationOptions.LongRunning, TaskScheduler.Default);
}
