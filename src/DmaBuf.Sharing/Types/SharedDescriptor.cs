using System.Runtime.InteropServices;

namespace DmaBuf.Sharing;

/// <summary>Descriptor between processes. Facts: none, the kernel says of the descriptor itself what it is.</summary>
internal sealed class SharedDescriptor() : SharedMappingType(NegotiationReplay.StandardCodecs.First(static codec => codec.Type == DescriptorMappingType.Instance))
{
    protected internal override SharedGrant Grant(Attachment attachment) => new(ReadOnlyMemory<byte>.Empty, NeedsMemory: true);

    protected internal override MappingOffer Accept(ReadOnlyMemory<byte> facts, SharedMemoryView? memory)
    {
        if (memory is null)
        {
            throw ProtocolError.Of("Descriptor was agreed on without memory");
        }

        return DescriptorMappingType.Offer(new Operations(memory), new DescriptorFacts
        {
            Kind = memory.IsHuge ? DescriptorKind.HugeMemoryFile : DescriptorKind.MemoryFile,
            Memory = DescriptorMemory.Ram,
            ExporterName = "memfd",
            PinnableByAddress = true,
            SizeGranularity = memory.Granularity,
            Access = memory.Access,
            Seals = (DescriptorSeals)(int)memory.Seals,
        });
    }

    private sealed class Operations(SharedMemoryView memory) : IDescriptorOperations
    {
        public SafeHandle OpenDescriptor(DescriptorAttachment attachment, in ReservationLock held) => memory.OpenDescriptor();
    }
}
