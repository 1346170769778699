using DmaBuf.Linux;
using DmaBuf.Samples.Vfio;

namespace DmaBuf.Tool;

/// <summary>The kernel maps the buffer for the IOMMU, and QEMU's edu device copies the begin of the buffer into its middle by DMA: it reads and writes through what was mapped.</summary>
internal sealed class EduMatrixImporter(string name, EduDevice engine, DmaBufferImporter party, MappingRequestList requests, MappingRequestList any) : MatrixImporter(name, isReal: true)
{
    internal override DmaBufferImporter Party => party;

    internal override MappingRequestList Requests => requests;

    internal override MappingRequestList? AnyRequests => any;

    internal override MatrixTransfer Move(Attachment attachment, MatrixBuffer buffer, CancellationToken cancellationToken)
    {
        DmaRange range = ImportedDmaRange.Of(attachment);
        int middle = buffer.Contents.Length / 2;
        int length = Math.Min(EduDevice.MaximumLength, middle);
        engine.CopyAsync(range.Start, new DmaAddress(range.Start.Value + (ulong)middle), length, cancellationToken).GetAwaiter().GetResult();
        byte[] expected = [.. buffer.Contents];
        expected.AsSpan(0, length).CopyTo(expected.AsSpan(middle));
        byte[] found = new byte[expected.Length];
        buffer.ReadBack(found);
        return new MatrixTransfer(MappingCost.IommuMap, null, MatrixTransfer.Compare("the exporter, after edu copied by DMA,", expected, found));
    }
}
