namespace DmaBuf.Sharing;

/// <summary>What is to be said when the fence of a frame's contents signals.</summary>
internal sealed class PendingContents(FramePublisher publisher, int buffer, ulong sequence)
{
    internal void Complete(Fence fence) => publisher.CompleteContents(buffer, sequence, fence.Error);
}
