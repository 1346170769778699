using DmaBuf.Linux;

namespace DmaBuf.Tool;

/// <summary>A camera: the kernel imports the buffer (V4L2), the device captures one frame into it, and nothing else of the buffer changes.</summary>
/// <remarks>A device has one queue of a kind, so this one exists from the first question of a pair to its end.</remarks>
internal sealed class VideoMatrixImporter(string name, VideoDevice device, bool needsContiguousMemory) : MatrixImporter(name, isReal: true)
{
    private static readonly TimeSpan s_patience = TimeSpan.FromSeconds(10);

    private VideoImporter? _importer;

    internal override DmaBufferImporter Party => Importer;

    internal override MappingRequestList Requests => [Importer.Request()];

    internal override MappingRequestList? AnyRequests => [Importer.RequestAny()];

    internal override Errno? MayBeRefusedWith => needsContiguousMemory ? Errno.EFAULT : null;

    private VideoImporter Importer => _importer ??= new VideoImporter(VideoQueue.Create(device, VideoBufferType.Capture, VideoMemory.DmaBuf, 1), needsContiguousMemory);

    internal override MatrixTransfer Move(Attachment attachment, MatrixBuffer buffer, CancellationToken cancellationToken)
    {
        Importer.Enqueue((DescriptorAttachment)attachment);
        Importer.Queue.Start();
        VideoFrame frame;
        try
        {
            frame = Importer.Queue.DequeueAsync(cancellationToken).WaitAsync(s_patience, cancellationToken).GetAwaiter().GetResult();
        }
        finally
        {
            Importer.Queue.Stop();
        }

        int used = (int)frame.BytesUsed[0];
        byte[] found = new byte[buffer.Contents.Length];
        buffer.ReadBack(found);
        string? mismatch = used == 0 || found.AsSpan(0, used).SequenceEqual(buffer.Contents.AsSpan(0, used))
            ? $"{Name} said that it had captured {used} bytes, and none of them has changed"
            : MatrixTransfer.Compare($"the exporter, behind the frame of {Name},", buffer.Contents.AsSpan(used), found.AsSpan(used));
        return new MatrixTransfer(MappingCost.Unknown, null, mismatch);
    }

    internal override void EndPair()
    {
        _importer?.Queue.Dispose();
        _importer = null;
    }
}
