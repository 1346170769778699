namespace DmaBuf.Testing;

/// <summary>Fails the n-th fault point of a piece of work, for every n, until the work runs through without reaching the n-th.</summary>
/// <remarks>Safe for all threads: each sweep is bound to the thread that runs it.</remarks>
public static class FaultSweep
{
    /// <summary>More points than any single operation has; reaching it means that the work does not end.</summary>
    private const int MostPoints = 100_000;

    /// <summary>Runs the work once for every fault point that it passes on this thread.</summary>
    /// <param name="work">The work; it must undo everything before it throws. Runs on the calling thread.</param>
    /// <param name="verify">Runs after every attempt, for example a leak check; null: nothing.</param>
    /// <returns>How many fault points the work has; each was failed once.</returns>
    /// <exception cref="FaultSweepException">The work swallowed a failure, or threw another error than the injected ENOMEM.</exception>
    public static int Run(Action work, Action? verify = null)
    {
        ArgumentNullException.ThrowIfNull(work);
        for (int target = 1; target <= MostPoints; target++)
        {
            int passed = 0;
            Exception? thrown = null;
            using (FaultInjection.Install(_ => ++passed == target))
            {
                try
                {
                    work();
                }
                catch (Exception exception)
                {
                    thrown = exception;
                }
            }

            Judge(target, passed, thrown);
            verify?.Invoke();
            if (passed < target)
            {
                return target - 1;
            }
        }

        throw new FaultSweepException($"The work passed {MostPoints} fault points without coming to an end.");
    }

    private static void Judge(int target, int passed, Exception? thrown)
    {
        if (passed < target)
        {
            if (thrown is not null)
            {
                throw new FaultSweepException($"Without any failure injected, the work threw {thrown.GetType().Name}: {thrown.Message}", thrown);
            }

            return;
        }

        if (thrown is null)
        {
            throw new FaultSweepException($"Fault point {target} failed, but the work reported success.");
        }

        if (thrown is not DmaBufException { Errno: Errno.ENOMEM })
        {
            throw new FaultSweepException($"Fault point {target} failed with ENOMEM, but the work threw {thrown.GetType().Name}: {thrown.Message}", thrown);
        }
    }
}
