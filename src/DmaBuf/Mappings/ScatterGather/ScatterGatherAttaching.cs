namespace DmaBuf;

/// <summary>The short ways to attach a device: one scatter/gather request, the importer named after the device.</summary>
/// <remarks>Stateless, safe for all threads.</remarks>
public static class ScatterGatherAttaching
{
    /// <summary>Attaches a device as a static importer (<c>dma_buf_sgt_attach</c>): peer-to-peer is not accepted, maps pin.</summary>
    /// <param name="buffer">The buffer.</param>
    /// <param name="device">The importing device.</param>
    /// <exception cref="DmaBufException">EINVAL: no device, or nothing in common; else as <see cref="DmaBuffer.Attach(DmaBufferImporter, MappingRequestList)"/>.</exception>
    public static ScatterGatherAttachment AttachScatterGather(this DmaBuffer buffer, IDmaDevice? device)
    {
        ArgumentNullException.ThrowIfNull(buffer);
        MappingRequest<ScatterGatherAttachment> request = ScatterGatherMappingType.Request(device);
        return buffer.Attach(new DmaBufferImporter(device!.Name), request);
    }

    /// <summary>Attaches a device as a dynamic importer (<c>dma_buf_sgt_dynamic_attach</c>). Without an importer it is the static attach.</summary>
    /// <param name="buffer">The buffer.</param>
    /// <param name="device">The importing device.</param>
    /// <param name="importer">Who is told to let go; null: a static attach, which accepts no peers.</param>
    /// <param name="acceptance">Whether the device takes addresses of a peer's memory.</param>
    /// <exception cref="DmaBufException">EINVAL: no device, or nothing in common; else as <see cref="DmaBuffer.Attach(DmaBufferImporter, MappingRequestList)"/>.</exception>
    public static ScatterGatherAttachment AttachScatterGatherDynamic(
        this DmaBuffer buffer, IDmaDevice? device, DynamicImporter? importer, PeerToPeerAcceptance acceptance = PeerToPeerAcceptance.NotAccepted)
    {
        ArgumentNullException.ThrowIfNull(buffer);
        return importer is null
            ? AttachScatterGather(buffer, device)
            : buffer.Attach(importer, ScatterGatherMappingType.Request(device, acceptance));
    }
}
