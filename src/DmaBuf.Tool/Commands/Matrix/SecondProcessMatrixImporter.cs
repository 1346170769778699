using System.Security.Cryptography;

namespace DmaBuf.Tool;

/// <summary>
/// A real second process that receives the descriptor over a socket, maps it and computes the checksum. Takes only memory that nobody can write. Its speed is that of
/// its one pass over the memory, the first touch of each page included and the checksum not.
/// </summary>
internal sealed class SecondProcessMatrixImporter(string name) : MatrixImporter(name, isReal: true)
{
    internal override DmaBufferImporter Party { get; } = new(name);

    internal override MappingRequestList Requests { get; } =
    [
        DescriptorMappingType.Request(new DescriptorNeeds { Kinds = DescriptorKind.MemoryFile, RequiredSeals = DescriptorSeals.Shrink | DescriptorSeals.FutureWrite }),
        DescriptorMappingType.Request(new DescriptorNeeds { Kinds = DescriptorKind.MemoryFile, RequiredSeals = DescriptorSeals.Shrink | DescriptorSeals.Write }),
    ];

    internal override MatrixTransfer Move(Attachment attachment, MatrixBuffer buffer, CancellationToken cancellationToken)
    {
        string sha256 = Convert.ToHexStringLower(SHA256.HashData(buffer.Contents));
        HandoverSender sender = new(buffer.Buffer, "matrix", sha256);
        using SecondReceiver receiver = new();
        HandoverReport report = Task.Run(() => receiver.RunAsync(sender, new StepClock(), cancellationToken), cancellationToken).GetAwaiter().GetResult();
        return new MatrixTransfer(
            MappingCost.None,
            Text.GigabytesPerSecond((ulong)buffer.Contents.Length, report.Read),
            MatrixTransfer.CompareChecksum(Name, buffer.Contents, Convert.FromHexString(report.Sha256)));
    }
}
