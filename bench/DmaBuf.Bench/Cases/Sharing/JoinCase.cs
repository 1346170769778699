using System.Diagnostics.CodeAnalysis;
using System.Runtime.Versioning;

namespace DmaBuf.Bench;

/// <summary>What a subscriber costs once: its memory made, the invitation sent and received, everything checked and mapped, and all of it let go again.</summary>
[SupportedOSPlatform("linux")]
[SuppressMessage("Design", "CA1001", Justification = "A case and its channel live as long as the program.")]
internal sealed class JoinCase : IBenchmarkCase
{
    private readonly FramePublisher _publisher = FramePublisher.Create(new HandOverShape(64 << 10).ChannelOptions);

    public string Name => "sharing: join and leave a channel of 8 buffers, against passing 11 descriptors";

    public string Unit => "ns/join";

    public double? Target => null;

    public long? AllowedBytes => null;

    public string TwinCase => "join-descriptors";

    public bool IsPinned => false;

    public void Run(int iterations)
    {
        for (int i = 0; i < iterations; i++)
            JoinAndLeaveAsync().GetAwaiter().GetResult();
    }

    private async Task JoinAndLeaveAsync()
    {
        (DescriptorSocket ours, DescriptorSocket theirs) = DescriptorSocket.CreatePair();
        ChannelMember member = await FrameChannel.InviteAsync(_publisher, ours).ConfigureAwait(false);
        FrameSubscriber subscriber = await FrameChannel.JoinAsync(theirs).ConfigureAwait(false);
        subscriber.Dispose();
        _publisher.Disconnect(member);
    }
}
