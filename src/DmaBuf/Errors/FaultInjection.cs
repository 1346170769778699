namespace DmaBuf;

/// <summary>
/// Makes steps of the core fail on purpose, so that a test can prove that each failure is unwound: "fail the n-th step, for every n".
/// </summary>
/// <remarks>
/// An injector is bound to the thread that installed it: other threads, and therefore tests that run in parallel, never see it. Work that hops to
/// another thread leaves it behind. While nobody has installed one, a fault point costs one load and one branch. Safe for all threads.
/// </remarks>
public static class FaultInjection
{
    /// <summary>Installs an injector for the calling thread until the returned object is disposed.</summary>
    /// <param name="shouldFail">Asked at each fault point of this thread; true makes the step fail with ENOMEM. Must not install another injector.</param>
    /// <returns>Owned by the caller; disposing it, on any thread and any number of times, ends the injection.</returns>
    /// <exception cref="DmaBufException">EBUSY: this thread has an injector already; injectors do not nest.</exception>
    public static IDisposable Install(Func<FaultSite, bool> shouldFail)
    {
        ArgumentNullException.ThrowIfNull(shouldFail);
        return FaultPoint.Arm(shouldFail);
    }
}
