using System.Globalization;
using System.Runtime.InteropServices;

namespace DmaBuf.Linux;

/// <summary>A descriptor's path in <c>/proc/self/fd</c>. The descriptor is held meanwhile, because its number stands there as text and must not become another file's.</summary>
internal readonly ref struct DescriptorPath : IDisposable
{
    private readonly SafeHandle _descriptor;

    /// <exception cref="ObjectDisposedException">The descriptor is closed.</exception>
    public DescriptorPath(SafeHandle descriptor)
    {
        bool isHeld = false;
        descriptor.DangerousAddRef(ref isHeld);
        _descriptor = descriptor;
        Text = string.Create(CultureInfo.InvariantCulture, $"/proc/self/fd/{descriptor.DangerousGetHandle()}");
        Information = string.Create(CultureInfo.InvariantCulture, $"/proc/self/fdinfo/{descriptor.DangerousGetHandle()}");
    }

    public string Text { get; }

    /// <summary>Where the kernel says what it knows of the descriptor, a line a fact.</summary>
    public string Information { get; }

    public void Dispose() => _descriptor.DangerousRelease();
}
