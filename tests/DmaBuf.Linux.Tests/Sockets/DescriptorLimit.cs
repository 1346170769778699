using System.Runtime.InteropServices;

namespace DmaBuf.Linux.Tests;

/// <summary>While it lives, this process gets no new descriptor (<c>RLIMIT_NOFILE</c>); those it has stay.</summary>
internal sealed unsafe partial class DescriptorLimit : IDisposable
{
    private const int OpenFiles = 7;

    private readonly ulong _hard;
    private readonly ulong _soft;

    private DescriptorLimit()
    {
        ulong* limit = stackalloc ulong[2];
        Assert.Equal(0, getrlimit(OpenFiles, limit));
        (_soft, _hard) = (limit[0], limit[1]);
    }

    public void Dispose() => Set(_soft);

    internal static DescriptorLimit NoneMore()
    {
        DescriptorLimit limit = new();
        limit.Set(1); // below every free number, and not 0, which some calls take for a bad argument
        return limit;
    }

    private void Set(ulong value)
    {
        ulong* limit = stackalloc ulong[] { value, _hard };
        Assert.Equal(0, setrlimit(OpenFiles, limit));
    }

    [LibraryImport("libc")]
    private static partial int getrlimit(int resource, ulong* limit);

    [LibraryImport("libc")]
    private static partial int setrlimit(int resource, ulong* limit);
}
