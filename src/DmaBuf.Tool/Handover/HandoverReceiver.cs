using DmaBuf.Linux;
using Microsoft.Win32.SafeHandles;

namespace DmaBuf.Tool;

/// <summary>
/// The receiver's side of one hand-over: takes the memory over after checking seals and size, exports it in this process, negotiates CPU access with a strict ceiling,
/// maps, and verifies every byte. Owns buffer, attachment and mapping until it is disposed.
/// </summary>
internal sealed class HandoverReceiver : IDisposable
{
    private readonly HandoverChannel _channel;
    private readonly DmaBuffer _buffer;
    private readonly CpuAttachment _attachment;

    private HandoverReceiver(HandoverChannel channel, HandoverHello hello, DmaBuffer buffer, CpuAttachment attachment, CpuMapping mapping)
    {
        _channel = channel;
        _buffer = buffer;
        _attachment = attachment;
        Hello = hello;
        Mapping = mapping;
    }

    internal HandoverHello Hello { get; }

    internal CpuMapping Mapping { get; }

    internal static async Task<HandoverReceiver> OpenAsync(DescriptorSocket socket, StepClock clock, CancellationToken cancellationToken)
    {
        HandoverChannel channel = new(socket, $"sharer (process {socket.Peer.ProcessId})");
        try
        {
            return await NegotiateAsync(channel, clock, cancellationToken).ConfigureAwait(false);
        }
        catch (DmaBufException exception) when (exception.Errno is not (Errno.ECONNRESET or Errno.EIO))
        {
            await ReportFailureAsync(channel, exception.Message).ConfigureAwait(false);
            channel.Dispose();
            throw;
        }
        catch
        {
            channel.Dispose();
            throw;
        }
    }

    /// <summary>Tells the sharer that all is done.</summary>
    internal ValueTask ReportAsync(VerifiedBytes verified, StepClock clock, CancellationToken cancellationToken)
    {
        HandoverReport report = new(
            _attachment.Type.Name, Text.Cost(_attachment.CostBound), 0, verified.Sha256, Time(clock, "attach"), Time(clock, "map"), verified.Read, verified.Hash);
        return _channel.SendAsync(report.Encode(), null, "it was told the result", cancellationToken);
    }

    /// <summary>Tells the sharer why it did not work; a sharer that has gone away is not told.</summary>
    internal Task ReportFailureAsync(string reason) => ReportFailureAsync(_channel, reason);

    internal HandoverAgreement Agreement => new(_attachment.Type.Name, Text.Cost(_attachment.CostBound));

    public void Dispose()
    {
        Mapping.Dispose();
        _attachment.Dispose();
        _buffer.Dispose();
        _channel.Dispose();
    }

    private static async Task<HandoverReceiver> NegotiateAsync(HandoverChannel channel, StepClock clock, CancellationToken cancellationToken)
    {
        HandoverHello hello = HandoverHello.Decode(await channel.ReceiveAsync("it said what it shares", cancellationToken).ConfigureAwait(false));
        string type = DescriptorMappingType.Instance.ToString();
        if (!hello.Offers.Contains(type))
        {
            throw HandoverMessage.Bad($"it does not offer {type}, the only type whose memory crosses a process");
        }

        await channel.SendAsync(HandoverMessage.Encode("choice", json => json.WriteString("type", type)), null, "it was told the choice", cancellationToken).ConfigureAwait(false);
        (_, SafeFileHandle descriptor) = await channel.ReceiveDescriptorAsync("it sent the memory", cancellationToken).ConfigureAwait(false);
        clock.Ended("receive");
        return Attach(channel, hello, Adopt(descriptor, hello), clock, cancellationToken);
    }

    private static MemoryFile Adopt(SafeFileHandle descriptor, HandoverHello hello)
    {
        MemoryFile memory;
        try
        {
            memory = MemoryFile.Adopt(descriptor, new MemoryFileRequirements { MinimumLength = hello.Size, ReadOnly = true });
        }
        catch
        {
            descriptor.Dispose();
            throw;
        }

        if (memory.Length == hello.Size)
        {
            return memory;
        }

        ulong length = memory.Length;
        memory.Dispose();
        throw HandoverMessage.Bad($"its memory has {length} bytes, and it announced {hello.Size}");
    }

    private static HandoverReceiver Attach(HandoverChannel channel, HandoverHello hello, MemoryFile memory, StepClock clock, CancellationToken cancellationToken)
    {
        DmaBuffer? buffer = null;
        CpuAttachment? attachment = null;
        try
        {
            buffer = MemoryFileExporter.Export(memory, new DmaBufferExportOptions { Name = BufferName.Of(hello.Name) });
            clock.Ended("adopt");
            attachment = buffer.Attach(new DmaBufferImporter("dmabuf receive"), CpuMappingType.Request(CpuAccess.Read, CpuCoherency.Coherent, MappingCost.Strict));
            clock.Ended("attach");
            CpuMapping mapping = attachment.MapCpu(cancellationToken);
            clock.Ended("map");
            return new HandoverReceiver(channel, hello, buffer, attachment, mapping);
        }
        catch
        {
            attachment?.Dispose();
            buffer?.Dispose();
            if (buffer is null)
            {
                memory.Dispose();
            }

            throw;
        }
    }

    private static async Task ReportFailureAsync(HandoverChannel channel, string reason)
    {
        try
        {
            byte[] message = HandoverMessage.Encode("failed", json => json.WriteString("reason", reason.Length <= 2000 ? reason : reason[..2000]));
            using CancellationTokenSource limit = new(TimeSpan.FromSeconds(2));
            await channel.SendAsync(message, null, "it was told the failure", limit.Token).ConfigureAwait(false);
        }
        catch (Exception exception) when (exception is DmaBufException or OperationCanceledException)
        {
            // The sharer sees the end of the connection instead; what went wrong here is reported here.
        }
    }

    private static TimeSpan Time(StepClock clock, string step) => clock.Steps.FirstOrDefault(each => each.Step == step).Time;
}
