namespace DmaBuf.Linux;

/// <summary>
/// The interface is younger than the headers of supported distributions. It is compiled against headers that have it, and compared with the numbers that
/// were recorded from that kernel's headers everywhere else.
/// </summary>
/// <param name="version">The first kernel with it, for example <c>6.19</c>.</param>
[AttributeUsage(AttributeTargets.Class | AttributeTargets.Struct | AttributeTargets.Field)]
internal sealed class SinceKernelAttribute(string version) : Attribute
{
    public string Version => version;
}
