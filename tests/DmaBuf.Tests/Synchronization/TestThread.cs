namespace DmaBuf.Tests.Synchronization;

/// <summary>A real thread whose failure reaches the test. Locks and tickets cannot leave the stack of their thread, so each actor needs its own.</summary>
internal sealed class TestThread
{
    private static readonly TimeSpan s_patience = TimeSpan.FromSeconds(20);

    private readonly Thread _thread;
    private Exception? _failure;

    private TestThread(Action body)
    {
        _thread = new Thread(() => Run(body)) { IsBackground = true };
        _thread.Start();
    }

    public static TestThread Start(Action body) => new(body);

    /// <summary>Waits, without sleeping, for something that another thread is about to do.</summary>
    public static void Until(Func<bool> condition) => Assert.True(SpinWait.SpinUntil(condition, s_patience), "The awaited moment never came.");

    /// <summary>Waits for an event with the patience of a test.</summary>
    public static void Await(ManualResetEventSlim moment) => Assert.True(moment.Wait(s_patience), "The awaited moment never came.");

    public void Interrupt() => _thread.Interrupt();

    public void Join()
    {
        Assert.True(_thread.Join(s_patience), "The thread never ended.");
        if (_failure is not null)
            throw new InvalidOperationException($"The thread failed: {_failure.Message}", _failure);
    }

    private void Run(Action body)
    {
#pragma warning disable CA1031 // Whatever it is, Join hands it to the test.
        try
        {
            body();
        }
        catch (Exception failure)
        {
            _failure = failure;
        }
#pragma warning restore CA1031
    }
}
