namespace DmaBuf.Machine.Tests;

public sealed class PciAccessGateTests
{
    [Fact]
    public async Task Who_drains_a_gate_that_was_opened_meanwhile_is_let_go_when_it_closes_again()
    {
        // A removal drains; an enable that is about to lose against it opens the gate and takes that back. No access is there that could wake the removal by leaving.
        PciAccessGate gate = new();
        gate.Close();
        gate.Open();
        using ManualResetEventSlim started = new();
        Thread drainer = new(() =>
        {
            started.Set();
            gate.Drain();
        })
        {
            IsBackground = true,
        };
        drainer.Start();
        started.Wait(TestContext.Current.CancellationToken);
        Assert.True(SpinWait.SpinUntil(() => drainer.ThreadState.HasFlag(ThreadState.WaitSleepJoin), TimeSpan.FromSeconds(30)), "the drain does not wait");
        gate.Close();
        Assert.True(await Task.Run(() => drainer.Join(TimeSpan.FromSeconds(30))), "the drain goes on waiting at a closed, empty gate");
    }
}
