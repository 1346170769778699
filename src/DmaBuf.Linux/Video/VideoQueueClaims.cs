namespace DmaBuf.Linux;

/// <summary>Which queues of an open node have an owner.</summary>
/// <remarks>Threads: any; the lock is a leaf.</remarks>
internal sealed class VideoQueueClaims
{
    private readonly Lock _lock = new();
    private readonly HashSet<VideoBufferType> _types = [];

    internal bool TryClaim(VideoBufferType type)
    {
        lock (_lock)
        {
            return _types.Add(type);
        }
    }

    internal void Release(VideoBufferType type)
    {
        lock (_lock)
        {
            _types.Remove(type);
        }
    }
}
