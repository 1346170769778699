using DmaBuf.Linux;
using Microsoft.Win32.SafeHandles;

namespace DmaBuf.Tool;

/// <summary>
/// A receiver of descriptors, as another process is: takes only what it can check, maps the descriptor itself and copies the bytes out. Its speed is that of the copy.
/// </summary>
internal sealed class DescriptorMatrixImporter(string name) : MatrixImporter(name, isReal: true)
{
    internal override DmaBufferImporter Party { get; } = new(name);

    // What nobody can truncate is safe to read; the seals say so before the descriptor is looked at.
    internal override MappingRequestList Requests { get; } =
        [DescriptorMappingType.Request(new DescriptorNeeds { Kinds = DmaBuf.DescriptorKind.MemoryFile, RequiredSeals = DescriptorSeals.Shrink })];

    internal override MatrixTransfer Move(Attachment attachment, MatrixBuffer buffer, CancellationToken cancellationToken)
    {
        using DescriptorMapping mapping = ((DescriptorAttachment)attachment).MapDescriptor(cancellationToken);
        using DescriptorLease lease = mapping.Borrow();
        using SafeFileHandle borrowed = BorrowedDescriptor.Of(lease);
        using MemoryFile file = MemoryFile.Adopt(borrowed, new MemoryFileRequirements { MinimumLength = attachment.Buffer.Size });
        using MemoryMapping memory = file.Map(MemoryProtection.Read);
        byte[] copy = new byte[buffer.Contents.Length];
        TimeSpan reading = CpuMatrixImporter.Quickest(() => memory.ReadOnlyWindow(0, copy.Length).CopyTo(copy));
        return new MatrixTransfer(
            mapping.Cost, CpuMatrixImporter.Rate(copy.Length, reading), MatrixTransfer.Compare(Name, buffer.Contents, copy));
    }
}
