using System.Runtime.InteropServices;

namespace DmaBuf.Linux;

/// <summary>The descriptors of several parts as numbers inside a structure; each file is held meanwhile, so that no number becomes another file's.</summary>
internal readonly ref struct DescriptorNumbers : IDisposable
{
    private readonly SafeHandle[] _held;

    /// <exception cref="ObjectDisposedException">A file is disposed; none stays held.</exception>
    internal DescriptorNumbers(ReadOnlySpan<UserMemoryPart> parts)
    {
        _held = new SafeHandle[parts.Length];
        int count = 0;
        try
        {
            foreach (UserMemoryPart part in parts)
            {
                bool isHeld = false;
                part.File.Descriptor.DangerousAddRef(ref isHeld);
                _held[count++] = part.File.Descriptor;
            }
        }
        catch
        {
            Release(count);
            throw;
        }
    }

    internal uint this[int index] => (uint)_held[index].DangerousGetHandle();

    public void Dispose() => Release(_held.Length);

    private void Release(int count)
    {
        for (int index = 0; index < count; index++)
        {
            _held[index].DangerousRelease();
        }
    }
}
