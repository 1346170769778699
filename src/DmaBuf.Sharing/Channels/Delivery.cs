namespace DmaBuf.Sharing;

/// <summary>One frame on its way to one subscriber, as it stands in a slot.</summary>
internal readonly record struct Delivery(int Buffer, DeliveryFlags Flags, ulong Sequence, ulong Size, long TimeStamp, ulong Tag)
{
    /// <summary>All but the word that makes it valid.</summary>
    internal void WriteTo(MemoryWords queue, int slot)
    {
        queue.Write64(slot + ChannelLayout.Slot.Buffer, (uint)Buffer | ((ulong)Flags << 32));
        queue.Write64(slot + ChannelLayout.Slot.Sequence, Sequence);
        queue.Write64(slot + ChannelLayout.Slot.Size, Size);
        queue.Write64(slot + ChannelLayout.Slot.TimeStamp, (ulong)TimeStamp);
        queue.Write64(slot + ChannelLayout.Slot.Tag, Tag);
    }

    internal static Delivery ReadFrom(MemoryWords queue, int slot)
    {
        ulong bufferAndFlags = queue.Read64(slot + ChannelLayout.Slot.Buffer);
        return new(
            (int)(uint)bufferAndFlags,
            (DeliveryFlags)(bufferAndFlags >> 32),
            queue.Read64(slot + ChannelLayout.Slot.Sequence),
            queue.Read64(slot + ChannelLayout.Slot.Size),
            (long)queue.Read64(slot + ChannelLayout.Slot.TimeStamp),
            queue.Read64(slot + ChannelLayout.Slot.Tag));
    }
}
