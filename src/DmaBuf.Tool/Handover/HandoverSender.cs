using System.Text.Json;
using DmaBuf.Linux;

namespace DmaBuf.Tool;

/// <summary>The sharer's side of one hand-over: says what there is, attaches for the peer with the type that the peer chose, sends the descriptor, waits for the report.</summary>
internal sealed class HandoverSender(DmaBuffer buffer, string name, string sha256)
{
    /// <summary>Waits for a process of the same user; others are sent away.</summary>
    internal static async Task<DescriptorSocket> AcceptAsync(DescriptorListener listener, CancellationToken cancellationToken)
    {
        uint user = OwnUser();
        while (true)
        {
            DescriptorSocket socket = await listener.AcceptAsync(cancellationToken).ConfigureAwait(false);
            if (socket.Peer.UserId == user)
            {
                return socket;
            }

            ToolConsole.Complain($"refused a connection of user {socket.Peer.UserId}: only user {user} may receive");
            socket.Dispose();
        }
    }

    /// <summary>Refuses a listener of another user, who may have taken the name first.</summary>
    internal static DescriptorSocket Connect(string address)
    {
        DescriptorSocket socket = DescriptorSocket.Connect(address);
        uint user = OwnUser();
        if (socket.Peer.UserId == user)
        {
            return socket;
        }

        uint other = socket.Peer.UserId;
        socket.Dispose();
        throw new DmaBufException(Errno.EPERM, $"Receiving from {address} was refused: user {other} listens there, and you are user {user}. Use the line that your own 'dmabuf share' printed.");
    }

    internal async Task<HandoverReport> RunAsync(DescriptorSocket socket, StepClock clock, CancellationToken cancellationToken)
    {
        DmaBufferImporter importer = new($"process {socket.Peer.ProcessId}");
        MappingRequest<DescriptorAttachment> request = DescriptorMappingType.Request(
            new DescriptorNeeds { Kinds = DmaBuf.DescriptorKind.MemoryFile, RequiredSeals = DescriptorSeals.Shrink | DescriptorSeals.Seal });
        string[] offers = [.. buffer.Explain(importer, request).Offers.Select(static offer => $"{offer.Type}/{offer.Version}")];
        using HandoverChannel channel = new(socket, $"receiver (process {socket.Peer.ProcessId})");
        await channel.SendAsync(new HandoverHello(name, buffer.Size, sha256, offers).Encode(), null, "it was told of the buffer", cancellationToken).ConfigureAwait(false);
        byte[] choice = await channel.ReceiveAsync("it chose a mapping type", cancellationToken).ConfigureAwait(false);
        await CheckChoiceAsync(channel, choice, offers, cancellationToken).ConfigureAwait(false);
        clock.Ended("greet");
        using DescriptorAttachment attachment = buffer.Attach(importer, request);
        using DescriptorMapping mapping = attachment.MapDescriptor(cancellationToken);
        clock.Ended("attach");
        await channel.SendAsync(HandoverMessage.Encode("memory", static _ => { }), Handle(mapping), "it was sent the memory", cancellationToken).ConfigureAwait(false);
        clock.Ended("send");
        HandoverReport report = HandoverReport.Decode(await channel.ReceiveAsync("it read the memory", cancellationToken).ConfigureAwait(false));
        clock.Ended("receiver");
        return report.Sha256 == sha256
            ? report
            : throw new DmaBufException(Errno.EIO, $"The receiver computed SHA-256 {report.Sha256} of the memory, and it is {sha256}: the bytes did not arrive as they were.");
    }

    private static async Task CheckChoiceAsync(HandoverChannel channel, byte[] message, string[] offers, CancellationToken cancellationToken)
    {
        string chosen;
        using (JsonDocument document = HandoverMessage.Decode(message, "choice"))
        {
            chosen = HandoverMessage.Text(document.RootElement, "type");
        }

        string passed = DescriptorMappingType.Instance.ToString();
        if (chosen != passed || !offers.Contains(chosen))
        {
            await channel.SendAsync(
                HandoverMessage.Encode("failed", json => json.WriteString("reason", $"only {passed} crosses this socket")), null, "it was refused", cancellationToken).ConfigureAwait(false);
            throw HandoverMessage.Bad($"it chose a mapping type other than {passed}");
        }
    }

    /// <summary>The handle outlives the lease because the mapping does, and the mapping lives until the receiver has reported.</summary>
    private static System.Runtime.InteropServices.SafeHandle Handle(DescriptorMapping mapping)
    {
        using DescriptorLease lease = mapping.Borrow();
        return lease.Handle;
    }

    private static uint OwnUser()
    {
        (DescriptorSocket first, DescriptorSocket second) = DescriptorSocket.CreatePair();
        using (first)
        using (second)
        {
            return first.Peer.UserId;
        }
    }
}
