namespace DmaBuf.Linux;

/// <summary>The user-space header that a class of <c>Interop/Uapi</c> repeats: its constants, request numbers and structures are compiled against it by a test.</summary>
/// <param name="path">As in <c>#include</c>, for example <c>linux/dma-buf.h</c>.</param>
[AttributeUsage(AttributeTargets.Class)]
internal sealed class KernelHeaderAttribute(string path) : Attribute
{
    public string Path => path;
}
