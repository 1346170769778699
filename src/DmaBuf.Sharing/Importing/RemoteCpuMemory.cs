using System.Runtime.InteropServices;

namespace DmaBuf.Sharing;

/// <summary>A mapping of a remote buffer's memory. Once its pages were replaced it is no way into the memory any more.</summary>
internal sealed class RemoteCpuMemory(RemoteMemory memory, MemoryMapping mapping) : CpuMemory
{
    private int _left;

    public override ulong Length => mapping.Length;

    // Leases hand read-only mappings out as read-only spans, so the span may be made writable here.
    protected override Span<byte> Window(ulong offset, int length)
    {
        ReadOnlySpan<byte> window = mapping.ReadOnlyWindow(offset, length);
        return MemoryMarshal.CreateSpan(ref MemoryMarshal.GetReference(window), window.Length);
    }

    protected override bool TryOverlay()
    {
        mapping.Overlay();
        Leave();
        return true;
    }

    protected override void Dispose(bool disposing)
    {
        mapping.Dispose();
        Leave();
    }

    private void Leave()
    {
        if (Interlocked.Exchange(ref _left, 1) == 0)
        {
            memory.Leave();
        }
    }
}
