using System.Runtime.InteropServices;

namespace DmaBuf.Linux;

/// <summary>CPU memory that is a mapping of a kernel object. A forced revoke replaces its pages in place, so that nobody who is inside faults.</summary>
internal sealed class MappedCpuMemory(MemoryMapping mapping) : CpuMemory
{
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
        return true;
    }

    protected override void Dispose(bool disposing) => mapping.Dispose();
}
