using System.Runtime.InteropServices;

namespace DmaBuf.Linux.Tests;

/// <summary>Runs code on a thread that opens files as nobody does, even if this process belongs to root.</summary>
internal static partial class WithoutPrivilege
{
    private const uint Nobody = 65534;

    internal static T Run<T>(Func<T> action)
    {
        T? result = default;
        Exception? failure = null;
        Thread thread = new(() =>
        {
            // The kernel's file system user is each thread's own; the thread ends with it.
            _ = setfsuid(Nobody);
            try
            {
                result = action();
            }
            catch (Exception exception)
            {
                failure = exception;
            }
        });
        thread.Start();
        thread.Join();
        return failure is null ? result! : throw failure;
    }

    [LibraryImport("libc")]
    private static partial int setfsuid(uint user);
}
