using System.Runtime.InteropServices;

namespace DmaBuf.Sharing;

/// <summary>One generation of a remote buffer's memory in this process, and how many ways into it are open. When it is closed and the last way is gone, the descriptor is closed.</summary>
/// <remarks>Safe for all threads; its lock is a leaf.</remarks>
internal sealed class RemoteMemory(MemoryFile file, ulong generation)
{
    private readonly Lock _lock = new();
    private readonly TaskCompletionSource _gone = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private int _ways;
    private bool _closed;

    internal ulong Generation => generation;

    internal MemoryFile File => file;

    /// <summary>Completes when nobody in this process reaches the memory any more.</summary>
    internal Task Gone => _gone.Task;

    internal CpuMemory Map(CpuAccess access)
    {
        Enter();
        try
        {
            return new RemoteCpuMemory(this, file.Map(access == CpuAccess.ReadWrite ? MemoryProtection.ReadWrite : MemoryProtection.Read));
        }
        catch
        {
            Leave();
            throw;
        }
    }

    internal SafeHandle OpenDescriptor()
    {
        Enter();
        return new RemoteDescriptor(this, file.Descriptor);
    }

    /// <summary>Lets nobody in any more.</summary>
    internal void Close()
    {
        lock (_lock)
        {
            _closed = true;
            EndIfUnused();
        }
    }

    internal void Leave()
    {
        lock (_lock)
        {
            _ways--;
            EndIfUnused();
        }
    }

    private void Enter()
    {
        lock (_lock)
        {
            if (_closed)
            {
                throw new DmaBufException(Errno.EAGAIN, $"Reaching memory \"{file.Name}\" was refused: its exporter takes it away or moves it. Map again when it is back.");
            }

            _ways++;
        }
    }

    private void EndIfUnused()
    {
        if (_closed && _ways == 0 && _gone.TrySetResult())
        {
            file.Dispose();
        }
    }
}
