using System.Runtime.InteropServices;

namespace DmaBuf.Tests.Mappings.Descriptor;

/// <summary>A descriptor that is none of the kernel's, so that tests can see it closed.</summary>
internal sealed class CountingHandle : SafeHandle
{
    internal CountingHandle(nint value)
        : base(-1, ownsHandle: true) => SetHandle(value);

    public override bool IsInvalid => handle == -1;

    internal int Releases { get; private set; }

    protected override bool ReleaseHandle()
    {
        Releases++;
        return true;
    }
}
