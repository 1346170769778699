using System.Runtime.InteropServices;

namespace DmaBuf.Sharing;

/// <summary>A use of the one descriptor that came from the exporter: keeps it open, and counts as a way into the memory until it is released.</summary>
internal sealed class RemoteDescriptor : SafeHandle
{
    private readonly RemoteMemory _memory;
    private readonly SafeHandle _descriptor;

    internal RemoteDescriptor(RemoteMemory memory, SafeHandle descriptor)
        : base(-1, ownsHandle: true)
    {
        _memory = memory;
        _descriptor = descriptor;
        bool added = false;
        descriptor.DangerousAddRef(ref added);
        SetHandle(descriptor.DangerousGetHandle());
    }

    public override bool IsInvalid => handle == -1;

    protected override bool ReleaseHandle()
    {
        _descriptor.DangerousRelease();
        _memory.Leave();
        return true;
    }
}
