using System.Runtime.CompilerServices;

namespace DmaBuf;

/// <summary>
/// The core's side of <see cref="FaultInjection"/>. A step that may run out of memory calls <see cref="Check"/> first, at a place where a real
/// failure of the step would be unwound in the same way.
/// </summary>
internal static class FaultPoint
{
    // How many threads have an injector. A plain read is enough: the only thread whose answer matters has written the count itself.
    private static int s_armed;

    [ThreadStatic]
    private static Injection? t_injection;

    /// <summary>Throws ENOMEM if this thread's injector says that the step fails.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    internal static void Check(FaultSite site)
    {
        if (s_armed != 0)
            AskInjector(site);
    }

    internal static IDisposable Arm(Func<FaultSite, bool> shouldFail)
    {
        if (t_injection is { IsActive: true })
            throw new DmaBufException(Errno.EBUSY, "A fault injector is installed on this thread already; dispose it before installing another.");
        return t_injection = new Injection(shouldFail);
    }

    [MethodImpl(MethodImplOptions.NoInlining)]
    private static void AskInjector(FaultSite site)
    {
        if (t_injection is { IsActive: true } injection && injection.ShouldFail(site))
            throw new DmaBufException(Errno.ENOMEM, $"{site} failed because the fault injector of this thread said so.");
    }

    private sealed class Injection : IDisposable
    {
        private int _active = 1;

        internal Injection(Func<FaultSite, bool> shouldFail)
        {
            ShouldFail = shouldFail;
            Interlocked.Increment(ref s_armed);
        }

        internal Func<FaultSite, bool> ShouldFail { get; }

        internal bool IsActive => Volatile.Read(ref _active) != 0;

        public void Dispose()
        {
            if (Interlocked.Exchange(ref _active, 0) != 0)
                Interlocked.Decrement(ref s_armed);
        }
    }
}
