using System.Runtime.InteropServices;
using DmaBuf.Linux;
using Microsoft.Win32.SafeHandles;

namespace DmaBuf.Tool;

/// <summary>One connection of the handshake. A peer that goes away in the middle is ECONNRESET with a sentence that says so.</summary>
internal sealed class HandoverChannel(DescriptorSocket socket, string peer) : IDisposable
{
    private readonly byte[] _received = new byte[HandoverMessage.MaximumBytes];

    internal async ValueTask SendAsync(byte[] message, SafeHandle? descriptor, string step, CancellationToken cancellationToken)
    {
        try
        {
            await socket.SendAsync(message, descriptor is null ? [] : [descriptor], cancellationToken).ConfigureAwait(false);
        }
        catch (DmaBufException exception) when (exception.Errno is Errno.EPIPE or Errno.ECONNRESET)
        {
            throw Gone(step, exception);
        }
    }

    /// <summary>Receives a message without descriptor.</summary>
    internal async ValueTask<byte[]> ReceiveAsync(string step, CancellationToken cancellationToken)
    {
        using DescriptorMessage message = await NextAsync(0, step, cancellationToken).ConfigureAwait(false);
        return _received[..message.Length];
    }

    /// <summary>Receives a message with one descriptor, which the caller owns from then on.</summary>
    internal async ValueTask<(byte[] Message, SafeFileHandle Descriptor)> ReceiveDescriptorAsync(string step, CancellationToken cancellationToken)
    {
        using DescriptorMessage message = await NextAsync(1, step, cancellationToken).ConfigureAwait(false);
        if (message.DescriptorCount == 0)
        {
            // The sharer may say that it failed instead.
            HandoverMessage.Decode(_received.AsSpan(0, message.Length), "memory").Dispose();
        }

        message.RequireDescriptors(1);
        return (_received[..message.Length], message.TakeDescriptor(0));
    }

    public void Dispose() => socket.Dispose();

    private async ValueTask<DescriptorMessage> NextAsync(int descriptors, string step, CancellationToken cancellationToken)
    {
        try
        {
            return await socket.ReceiveAsync(_received, descriptors, cancellationToken).ConfigureAwait(false) ?? throw Gone(step, null);
        }
        catch (DmaBufException exception) when (exception.Errno == Errno.ECONNRESET && exception.InnerException is null)
        {
            throw Gone(step, exception);
        }
    }

    private DmaBufException Gone(string step, Exception? cause)
        => new(Errno.ECONNRESET, $"The {peer} went away while {step}: it was ended or failed. Nothing is left of it here; start both sides again.", cause);
}
