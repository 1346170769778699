using Microsoft.Win32.SafeHandles;

namespace DmaBuf.Sharing;

/// <summary>What a subscriber checks of the memory that came with an invitation, before it uses a word of it.</summary>
internal static class ChannelMemoryCheck
{
    /// <summary>Takes over all descriptors. What was taken over stands in <paramref name="memory"/>, also on failure.</summary>
    /// <returns>What was read of the board and checked; it is not to be read again.</returns>
    /// <exception cref="DmaBufException">EPROTO: it does not fit together. EPERM, EINVAL: it is not sealed as it must be, or too short.</exception>
    internal static (ulong BufferBytes, int UserBytesLimit) Adopt(IReadOnlyList<SafeFileHandle> descriptors, int buffers, ChannelMemory?[] memory)
    {
        ChannelMemory board = ChannelMemory.Adopt(descriptors[0], (ulong)ChannelLayout.Board.LengthFor(buffers, 0), isReadOnly: true);
        memory[0] = board;
        MemoryWords words = board.Words;
        Require(words.Read64(ChannelLayout.Board.Magic) == ChannelLayout.Board.MagicValue, "its board is none");
        Require(words.Read32(ChannelLayout.Board.VersionNumber) == ChannelLayout.Version, "its board has another layout version");
        Require(words.Read32(ChannelLayout.Board.BufferCount) == (uint)buffers, "its board has another number of buffers");
        Require(words.Read32(ChannelLayout.Board.SlotCount) == (uint)ChannelLayout.SlotsFor(buffers), "its board has another number of slots");
        uint userBytes = words.Read32(ChannelLayout.Board.UserBytesLimit);
        Require(userBytes <= ChannelLayout.MaximumUserBytes, "its board has too many user bytes");
        Require(words.Read32(ChannelLayout.Board.HeaderStride) == (uint)ChannelLayout.Board.StrideFor((int)userBytes), "its board has another stride");
        Require(board.File.Length >= (ulong)ChannelLayout.Board.LengthFor(buffers, (int)userBytes), "its board is too short");
        ulong bufferBytes = words.Read64(ChannelLayout.Board.BufferBytes);
        Require(bufferBytes is > 0 and <= long.MaxValue, "its board has an impossible length of buffers");
        ChannelMemory queue = ChannelMemory.Adopt(descriptors[1], (ulong)ChannelLayout.Queue.LengthFor(ChannelLayout.SlotsFor(buffers)), isReadOnly: true);
        memory[1] = queue;
        Require(queue.Words.Read64(ChannelLayout.Queue.Magic) == ChannelLayout.Queue.MagicValue, "its queue is none");
        memory[2] = ChannelMemory.Adopt(descriptors[2], (ulong)ChannelLayout.Answers.LengthFor(buffers), isReadOnly: false);
        for (int buffer = 0; buffer < buffers; buffer++)
        {
            int place = ChannelLayout.DescriptorsBeforeBuffers + buffer;
            memory[place] = ChannelMemory.Adopt(descriptors[place], bufferBytes, isReadOnly: true);
        }

        return (bufferBytes, (int)userBytes);
    }

    private static void Require(bool holds, string otherwise)
    {
        if (!holds)
            throw ChannelInvitation.Broken(otherwise);
    }
}
