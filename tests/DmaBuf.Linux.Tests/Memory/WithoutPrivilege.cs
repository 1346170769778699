using System.Runtime.InteropServices;

namespace DmaBuf.Linux.Tests;

/// <summary>Runs code on a thread that opens files as nobody does, even if this process belongs to root.</summary>
internal static partial class WithoutPrivilege
{
    private const uint Nobody = 65534;

    /// <summary>The call itself, because the C library's function changes all threads.</summary>
    private static readonly nint s_setResUid = RuntimeInformation.ProcessArchitecture == Architecture.X64 ? 117 : 147;

    private static readonly nint s_setGroups = RuntimeInformation.ProcessArchitecture == Architecture.X64 ? 116 : 159;

    internal static T Run<T>(Func<T> action) => Run(action, static () => { _ = setfsuid(Nobody); });

    /// <summary>On a thread that has no capability left, so that other users' processes are closed to it.</summary>
    internal static T RunAsNobody<T>(Func<T> action) => Run(action, static () => Assert.Equal(0, syscall(s_setResUid, (nint)Nobody, (nint)Nobody, (nint)Nobody)));

    private static T Run<T>(Func<T> action, Action becomeNobody)
    {
        T? result = default;
        Exception? failure = null;
        Thread thread = new(() =>
        {
            try
            {
                // The kernel keeps users and groups by thread; the thread ends with its own. Groups come first: nobody may not leave them. A user who is not root stays as it is.
                _ = syscall(s_setGroups, 0, 0, 0);
                _ = setfsgid(Nobody);
                becomeNobody();
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

    [LibraryImport("libc")]
    private static partial int setfsgid(uint group);

    [LibraryImport("libc", SetLastError = true)]
    private static partial nint syscall(nint number, nint first, nint second, nint third);
}
