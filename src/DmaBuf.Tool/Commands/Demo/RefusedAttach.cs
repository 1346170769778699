namespace DmaBuf.Tool;

/// <summary>An attach that must be refused, the change that the negotiation proposes, and the attach with that change, tried for real.</summary>
internal sealed record RefusedAttach(Negotiation Failure, string Change, string Agreed, bool Verified)
{
    internal NegotiationPair Declined => Failure.Pairs.First(static pair => pair.Decline is not null);

    /// <summary>Asks to write memory that nobody can write any more.</summary>
    internal static RefusedAttach Try(DmaBuffer buffer, string sha256, CancellationToken cancellationToken)
    {
        DmaBufferImporter importer = new("editor");
        if (buffer.TryAttach(importer, CpuMappingType.Request(CpuAccess.ReadWrite), out CpuAttachment? wrong, out Negotiation? failure))
        {
            wrong.Dispose();
            throw new DmaBufException(Errno.EIO, "Memory that is sealed against writing was agreed on for writing; it must be refused.");
        }

        NegotiationRemedy remedy = failure.Remedies.Count > 0 ? failure.Remedies[0]
            : throw new DmaBufException(Errno.EIO, "The negotiation knew no change that helps, and asking to read would.");
        using CpuAttachment attachment = buffer.Attach(importer, CpuMappingType.Request(CpuAccess.Read));
        using CpuMapping mapping = attachment.MapCpu(cancellationToken);
        bool verified = MappedBytes.Verify(mapping, static _ => { }, cancellationToken).Sha256 == sha256;
        return new RefusedAttach(failure, remedy.Change, attachment.Type.Name, verified);
    }
}
