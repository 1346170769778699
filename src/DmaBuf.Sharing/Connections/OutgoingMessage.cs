using System.Runtime.InteropServices;

namespace DmaBuf.Sharing;

/// <summary>A message on its way out. It holds its descriptor open until it was sent or dropped.</summary>
internal sealed class OutgoingMessage
{
    private SafeHandle? _held;

    internal OutgoingMessage(byte[] bytes, SafeHandle? descriptor)
    {
        Bytes = bytes;
        bool added = false;
        descriptor?.DangerousAddRef(ref added);
        _held = descriptor;
    }

    internal byte[] Bytes { get; }

    internal IReadOnlyList<SafeHandle> Descriptors => _held is { } held ? [held] : [];

    internal void Release() => Interlocked.Exchange(ref _held, null)?.DangerousRelease();
}
