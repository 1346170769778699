using System.Buffers.Binary;
using System.Runtime.InteropServices;

namespace DmaBuf.Sharing;

/// <summary>What one subscriber needs to join: a short message and descriptors, to be sent together by whatever connection there is.</summary>
/// <remarks>The descriptors stay the channel's; those of the subscriber's own memory live until this is disposed. For one thread at a time.</remarks>
public sealed class ChannelInvitation : IDisposable
{
    /// <summary>Bytes of the message.</summary>
    public const int MessageBytes = 24;

    private readonly ChannelMemory _queue;
    private readonly ChannelMemory _answers;

    internal ChannelInvitation(ChannelMember member, ChannelMemory queue, ChannelMemory answers, IReadOnlyList<SafeHandle> descriptors)
    {
        Member = member;
        _queue = queue;
        _answers = answers;
        Descriptors = descriptors;
        byte[] message = new byte[MessageBytes];
        BinaryPrimitives.WriteUInt64LittleEndian(message, ChannelLayout.Board.MagicValue);
        BinaryPrimitives.WriteUInt32LittleEndian(message.AsSpan(8), ChannelLayout.Version);
        BinaryPrimitives.WriteUInt32LittleEndian(message.AsSpan(12), (uint)member.Index);
        BinaryPrimitives.WriteUInt32LittleEndian(message.AsSpan(16), (uint)(descriptors.Count - ChannelLayout.DescriptorsBeforeBuffers));
        Message = message;
    }

    /// <summary>The subscriber, as the publisher sees it.</summary>
    public ChannelMember Member { get; }

    /// <summary>The bytes to be sent.</summary>
    public ReadOnlyMemory<byte> Message { get; }

    /// <summary>The descriptors to be sent with them, in this order: board, queue, answers, each buffer.</summary>
    public IReadOnlyList<SafeHandle> Descriptors { get; }

    /// <summary>Closes the descriptors of the subscriber's own memory in this process; its mappings here stay.</summary>
    public void Dispose()
    {
        _queue.CloseFile();
        _answers.CloseFile();
    }

    /// <summary>How many buffers a received message announces.</summary>
    /// <exception cref="DmaBufException">EPROTO: it is no invitation, one of another version, or one that does not fit its descriptors.</exception>
    internal static int ReadBufferCount(ReadOnlySpan<byte> message, int descriptors)
    {
        if (message.Length != MessageBytes || BinaryPrimitives.ReadUInt64LittleEndian(message) != ChannelLayout.Board.MagicValue)
            throw Broken($"{message.Length} bytes that are no invitation came");
        uint version = BinaryPrimitives.ReadUInt32LittleEndian(message[8..]);
        if (version != ChannelLayout.Version)
            throw Broken($"an invitation of layout version {version} came, and {ChannelLayout.Version} is understood");
        uint buffers = BinaryPrimitives.ReadUInt32LittleEndian(message[16..]);
        if (buffers is 0 or > ChannelLayout.MaximumBuffers || descriptors != (int)buffers + ChannelLayout.DescriptorsBeforeBuffers)
            throw Broken($"an invitation to {buffers} buffers came with {descriptors} descriptors");
        return (int)buffers;
    }

    internal static DmaBufException Broken(string what) =>
        new(Errno.EPROTO, $"A channel was to be joined, and {what}. Both ends must keep to docs/channels.md.");
}
