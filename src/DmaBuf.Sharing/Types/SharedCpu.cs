namespace DmaBuf.Sharing;

/// <summary>Cpu between processes: the peer maps the memory's descriptor itself. Facts: one byte, the access that was agreed on.</summary>
internal sealed class SharedCpu() : SharedMappingType(NegotiationReplay.StandardCodecs.First(static codec => codec.Type == CpuMappingType.Instance))
{
    protected internal override SharedGrant Grant(Attachment attachment)
    {
        CpuAttachment cpu = (CpuAttachment)attachment;
        return cpu.Coherency == CpuCoherency.Coherent
            ? new SharedGrant(new[] { (byte)cpu.Access }, NeedsMemory: true)
            : throw new DmaBufException(
                Errno.EOPNOTSUPP, $"Sharing '{attachment.Buffer}' with '{attachment.Importer}' was refused: its memory needs cache maintenance, which the other process cannot do. Request Descriptor.");
    }

    protected internal override MappingOffer Accept(ReadOnlyMemory<byte> facts, SharedMemoryView? memory)
    {
        CpuAccess access = facts.Length >= 1 && Enum.IsDefined((CpuAccess)facts.Span[0]) ? (CpuAccess)facts.Span[0] : throw ProtocolError.Of("Cpu was agreed on without an access");
        return memory is not null && access <= memory.Access
            ? CpuMappingType.Offer(new Operations(memory), access)
            : throw ProtocolError.Of($"Cpu was agreed on for {access} without memory that allows it");
    }

    private sealed class Operations(SharedMemoryView memory) : ICpuOperations
    {
        public bool CanOverlay => true;

        public CpuMemory MapCpu(CpuAttachment attachment, CpuAccess access, in ReservationLock held) => memory.Map(access);
    }
}
