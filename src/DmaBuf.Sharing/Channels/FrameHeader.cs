namespace DmaBuf.Sharing;

/// <summary>Writes and reads a buffer's header on the board: the description and the user bytes of its frame, and the word that says its contents are complete.</summary>
internal readonly struct FrameHeader(ChannelMemory board, int offset, int userBytesLimit)
{
    internal static FrameHeader Of(ChannelMemory board, int buffer, int userBytesLimit) =>
        new(board, ChannelLayout.Board.HeaderAt(buffer, ChannelLayout.Board.StrideFor(userBytesLimit)), userBytesLimit);

    /// <summary>Plain data, made visible by the slot that is written after it.</summary>
    internal void Write(in FrameDescription description, ReadOnlySpan<byte> userBytes)
    {
        MemoryWords words = board.Words;
        words.Write64(offset + ChannelLayout.Header.Modifier, description.Modifier);
        words.Write32(offset + ChannelLayout.Header.Fourcc, description.Fourcc);
        words.Write32(offset + ChannelLayout.Header.Width, description.Width);
        words.Write32(offset + ChannelLayout.Header.Height, description.Height);
        words.Write32(offset + ChannelLayout.Header.Stride, description.Stride);
        words.Write32(offset + ChannelLayout.Header.CropX, description.Crop.X);
        words.Write32(offset + ChannelLayout.Header.CropY, description.Crop.Y);
        words.Write32(offset + ChannelLayout.Header.CropWidth, description.Crop.Width);
        words.Write32(offset + ChannelLayout.Header.CropHeight, description.Crop.Height);
        words.Write32(offset + ChannelLayout.Header.Color, description.Color.ToWord());
        words.Write32(offset + ChannelLayout.Header.UserLength, (uint)userBytes.Length);
        if (!userBytes.IsEmpty)
            userBytes.CopyTo(board.Mapping.Window((ulong)(offset + ChannelLayout.Header.UserBytes), userBytes.Length));
    }

    internal FrameDescription ReadDescription()
    {
        MemoryWords words = board.Words;
        return new(
            words.Read32(offset + ChannelLayout.Header.Fourcc),
            words.Read64(offset + ChannelLayout.Header.Modifier),
            words.Read32(offset + ChannelLayout.Header.Width),
            words.Read32(offset + ChannelLayout.Header.Height),
            words.Read32(offset + ChannelLayout.Header.Stride),
            new(words.Read32(offset + ChannelLayout.Header.CropX), words.Read32(offset + ChannelLayout.Header.CropY),
                words.Read32(offset + ChannelLayout.Header.CropWidth), words.Read32(offset + ChannelLayout.Header.CropHeight)),
            FrameColor.FromWord(words.Read32(offset + ChannelLayout.Header.Color)));
    }

    /// <exception cref="DmaBufException">EPROTO: the length that the publisher wrote cannot be.</exception>
    internal ReadOnlySpan<byte> ReadUserBytes()
    {
        uint length = board.Words.Read32(offset + ChannelLayout.Header.UserLength);
        if (length > (uint)userBytesLimit)
        {
            throw new DmaBufException(Errno.EPROTO,
                $"A frame says it has {length} user bytes, in a channel of at most {userBytesLimit}. The publisher does not keep to the layout.");
        }

        return board.Mapping.ReadOnlyWindow((ulong)(offset + ChannelLayout.Header.UserBytes), (int)length);
    }

    internal void Complete(ulong sequence, Errno error)
    {
        board.Words.Write32(offset + ChannelLayout.Header.CompletedError, (uint)error);
        board.Words.Write64(offset + ChannelLayout.Header.CompletedSequence, sequence);
    }

    /// <summary>Null while the contents are not complete; then the error, or none.</summary>
    internal Errno? ReadCompletion(ulong sequence) =>
        board.Words.Read64(offset + ChannelLayout.Header.CompletedSequence) != sequence
            ? null
            : (Errno)board.Words.Read32(offset + ChannelLayout.Header.CompletedError);
}
