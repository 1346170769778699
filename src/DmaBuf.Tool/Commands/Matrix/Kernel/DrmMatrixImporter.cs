using DmaBuf.Linux;

namespace DmaBuf.Tool;

/// <summary>A DRM device: the kernel imports the buffer (PRIME), and what the device then exports must be the same memory, whose bytes are read and written through it.</summary>
internal sealed class DrmMatrixImporter(string name, DrmDevice device) : MatrixImporter(name, isReal: true)
{
    private readonly DrmImporter _importer = new(device);

    internal override DmaBufferImporter Party => _importer;

    internal override MappingRequestList Requests => [_importer.Request()];

    internal override MappingRequestList? AnyRequests => [_importer.RequestAny()];

    internal override MatrixTransfer Move(Attachment attachment, MatrixBuffer buffer, CancellationToken cancellationToken)
    {
        using KernelBuffer seen = _importer.BufferOf((DescriptorAttachment)attachment).Export();
        using MemoryMapping memory = seen.Map(MemoryProtection.ReadWrite);
        byte[] bytes = new byte[buffer.Contents.Length];
        seen.BeginCpuAccess(DmaDirection.Bidirectional);
        memory.ReadOnlyWindow(0, bytes.Length).CopyTo(bytes);
        byte[] update = MatrixPattern.Make(bytes.Length, seed: 2);
        update.CopyTo(memory.Window(0, update.Length));
        seen.EndCpuAccess(DmaDirection.Bidirectional);
        byte[] found = new byte[bytes.Length];
        buffer.ReadBack(found);
        return new MatrixTransfer(
            MappingCost.Unknown, null, MatrixTransfer.Compare(Name, buffer.Contents, bytes) ?? MatrixTransfer.Compare($"the exporter, after {Name} wrote,", update, found));
    }
}
