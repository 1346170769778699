namespace DmaBuf.Sharing;

/// <summary>One frame on its way to one subscriber, as it stands in a slot.</summary>
internal readonly record struct Delivery(int Buffer, DeliveryFlags Flags, ulong Sequence, ulong Size, long TimeStamp, ulong Tag)
{
    /// <summary>All but the word that makes it valid.</summary>
    internal void WriteTo(MemoryWords queue, int slot)
        => queue.Fields<SlotFields>(slot + ChannelLayout.Slot.Buffer) = new(Buffer, (uint)Flags, Sequence, Size, TimeStamp, Tag);

    /// <summary>After the word that makes it valid was read.</summary>
    internal static Delivery ReadFrom(MemoryWords queue, int slot)
    {
        SlotFields fields = queue.ReadOnlyFields<SlotFields>(slot + ChannelLayout.Slot.Buffer);
        return new(fields.Buffer, (DeliveryFlags)fields.Flags, fields.Sequence, fields.Size, fields.TimeStamp, fields.Tag);
    }

    /// <summary>As <see cref="ChannelLayout.Slot"/> says, from its buffer on.</summary>
    private readonly record struct SlotFields(int Buffer, uint Flags, ulong Sequence, ulong Size, long TimeStamp, ulong Tag);
}
