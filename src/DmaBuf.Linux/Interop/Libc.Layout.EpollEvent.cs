using System.Runtime.InteropServices;

namespace DmaBuf.Linux;

internal static unsafe partial class Libc
{
    /// <summary>
    /// Where the fields of <c>struct epoll_event</c> lie. It is packed on x64 and on nothing else, so it is written by offset: <c>events</c>
    /// at 0, <c>data</c> at <see cref="DataOffset"/>, the next one at <see cref="Size"/>.
    /// </summary>
    internal static class EpollEvent
    {
        internal static readonly int DataOffset = RuntimeInformation.ProcessArchitecture == Architecture.X64 ? 4 : 8;
        internal static readonly int Size = DataOffset + sizeof(ulong);
    }
}
