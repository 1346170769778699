namespace DmaBuf;

/// <summary>
/// A callback waiting for a fence (<c>dma_fence_cb</c>). Made by <see cref="Fence.OnSignaled"/>; drop it if the callback is never to be taken
/// back.
/// </summary>
/// <remarks>All members may be called from any thread.</remarks>
public sealed class FenceRegistration : IDisposable
{
    private readonly Fence _fence;
    private readonly Action<Fence, object?> _callback;
    private readonly object? _state;
    private FenceCallbackList? _list;

    internal FenceRegistration(Fence fence, Action<Fence, object?> callback, object? state)
    {
        _fence = fence;
        _callback = callback;
        _state = state;
    }

    // Links and list belong to FenceCallbackList and change under its lock; the list is also read without it, to find that lock.
    internal FenceCallbackList? List { get => Volatile.Read(ref _list); set => Volatile.Write(ref _list, value); }

    internal FenceRegistration? Previous { get; set; }

    internal FenceRegistration? Next { get; set; }

    /// <summary>Takes the callback back (<c>dma_fence_remove_callback</c>), without waiting.</summary>
    /// <returns>
    /// True if it will never run. False if it has run, is running on another thread at this moment, or had been taken back before.
    /// </returns>
    public bool Unregister() => List?.TryRemove(this) ?? false;

    /// <summary>The same as <see cref="Unregister"/>.</summary>
    public void Dispose() => Unregister();

    internal void Invoke() => _callback(_fence, _state);
}
