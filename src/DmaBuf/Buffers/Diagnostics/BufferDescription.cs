namespace DmaBuf;

/// <summary>What a dump says of one buffer, read under its reservation lock and written after it was left.</summary>
internal sealed record BufferDescription(
    long Id,
    string? Name,
    string Exporter,
    ulong Size,
    int References,
    BufferPhase Phase,
    IReadOnlyList<FenceDescription> Fences,
    IReadOnlyList<AttachmentDescription> Attachments)
{
    internal static BufferDescription Read(DmaBuffer buffer)
    {
        using (buffer.Reservation.LockOrJoin(out _))
        {
            List<AttachmentDescription> attachments = [];
            for (Attachment? attachment = buffer.FirstAttachment; attachment is not null; attachment = attachment.Next)
            {
                attachments.Add(new AttachmentDescription(
                    attachment.Type.Name,
                    Describe(attachment),
                    attachment.Importer.Name,
                    attachment.IsDynamic,
                    attachment.CostBound,
                    attachment.LiveMappings,
                    attachment.Status.Pins,
                    attachment.IsQuarantined));
            }

            attachments.Reverse();
            List<FenceDescription> fences = [];
            foreach (Fence fence in buffer.Reservation.Snapshot(FenceUsage.Bookkeep))
            {
                fences.Add(new FenceDescription(fence.ToString(), fence.IsSignaled));
            }

            return new BufferDescription(
                buffer.Id, buffer.Name, buffer.Exporter.Name, buffer.Size, buffer.ReferenceCount, buffer.Phase, fences, attachments);
        }
    }

    private static string Describe(Attachment attachment)
    {
        try
        {
            return attachment.Describe();
        }
        catch (Exception exception)
        {
            attachment.Buffer.ReportBrokenPromise($"describing '{attachment.Type}'", exception);
            return string.Empty;
        }
    }
}
