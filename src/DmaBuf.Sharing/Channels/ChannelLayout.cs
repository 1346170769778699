namespace DmaBuf.Sharing;

/// <summary>Where each word of a channel's memory lies: version 1 of the layout that docs/channels.md describes byte by byte. Little-endian; offsets in bytes.</summary>
/// <remarks>
/// Words that different processes write, or that are written at different times, lie in different lines of 64 bytes, so that nobody's write takes a line from somebody
/// who only reads another word of it.
/// </remarks>
internal static class ChannelLayout
{
    internal const uint Version = 1;

    /// <summary>The unit of sharing between processors' caches.</summary>
    internal const int Line = 64;

    /// <summary>Board, queue and answers come before the buffers in an invitation's descriptors.</summary>
    internal const int DescriptorsBeforeBuffers = 3;

    internal const int MaximumBuffers = DescriptorSocket.MaximumDescriptors - DescriptorsBeforeBuffers;

    /// <summary>Two of the 64 bits of an audience stand for the publisher itself.</summary>
    internal const int MaximumMembers = 62;

    internal const int MaximumUserBytes = 4096;

    /// <summary>Slots of a queue, a power of two that holds every buffer: no queue can ever be full.</summary>
    internal static int SlotsFor(int buffers) => (int)System.Numerics.BitOperations.RoundUpToPowerOf2((uint)buffers);

    /// <summary>The board: what all subscribers read. One a channel, written by the publisher alone.</summary>
    internal static class Board
    {
        internal const ulong MagicValue = 0x4843_4655_4241_4D44; // "DMABUFCH"

        internal const int Magic = 0;
        internal const int VersionNumber = 8;
        internal const int BufferCount = 12;
        internal const int BufferBytes = 16;
        internal const int SlotCount = 24;
        internal const int UserBytesLimit = 28;
        internal const int HeaderStride = 32;

        internal static int StrideFor(int userBytes) => Line + ((userBytes + Line - 1) & -Line);

        internal static int HeaderAt(int buffer, int stride) => Line + (buffer * stride);

        internal static int LengthFor(int buffers, int userBytes) => HeaderAt(buffers, StrideFor(userBytes));
    }

    /// <summary>One buffer's header on the board, from its beginning: what its frame is. Stays as it is while anybody holds the frame.</summary>
    internal static class Header
    {
        /// <summary>The sequence of the last frame whose contents are complete, where completion was announced for later.</summary>
        internal const int CompletedSequence = 0;
        internal const int Modifier = 8;
        internal const int Fourcc = 16;
        internal const int Width = 20;
        internal const int Height = 24;
        internal const int Stride = 28;
        internal const int CropX = 32;
        internal const int CropY = 36;
        internal const int CropWidth = 40;
        internal const int CropHeight = 44;
        internal const int Color = 48;
        internal const int UserLength = 52;

        /// <summary>The errno with which the completed frame's producer failed; 0 for success.</summary>
        internal const int CompletedError = 56;

        internal const int UserBytes = Line;
    }

    /// <summary>A queue: deliveries to one subscriber, written by the publisher alone, and mapped by nobody else.</summary>
    internal static class Queue
    {
        internal const ulong MagicValue = 0x5551_4655_4241_4D44; // "DMABUFQU"

        internal const int Magic = 0;
        internal const int VersionNumber = 8;
        internal const int MemberIndex = 12;

        /// <summary>The oldest delivery that can still be taken.</summary>
        internal const int Tail = 64;
        internal const int EndReason = 72;

        internal const int Slots = 128;

        internal static int SlotAt(ulong delivery, int slots) => Slots + ((int)(delivery & (ulong)(slots - 1)) * Line);

        internal static int LengthFor(int slots) => Slots + (slots * Line);
    }

    /// <summary>One delivery, from the beginning of its slot.</summary>
    internal static class Slot
    {
        /// <summary>The number of the delivery plus one; written last.</summary>
        internal const int Ready = 0;
        internal const int Buffer = 8;
        internal const int Flags = 12;
        internal const int Sequence = 16;
        internal const int Size = 24;
        internal const int TimeStamp = 32;
        internal const int Tag = 40;
    }

    /// <summary>A subscriber's answers: written by that subscriber, except that who wakes a sleeper clears the sleeper's word. The publisher trusts none of it.</summary>
    internal static class Answers
    {
        /// <summary>All deliveries below this number were taken or passed over.</summary>
        internal const int Taken = 0;

        /// <summary>1 while the subscriber sleeps, or is about to; who wakes it writes 0 first.</summary>
        internal const int Asleep = 64;

        /// <summary>1 while the publisher sleeps until something is released; the subscriber writes 0 and wakes it.</summary>
        internal const int Wanted = 128;

        private const int Released = 192;

        /// <summary>The number, plus one, of the last delivery in this buffer that the subscriber released.</summary>
        internal static int ReleasedAt(int buffer) => Released + (buffer * sizeof(ulong));

        internal static int LengthFor(int buffers) => ReleasedAt(buffers);
    }
}
