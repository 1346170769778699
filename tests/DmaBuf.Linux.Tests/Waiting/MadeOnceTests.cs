namespace DmaBuf.Linux.Tests;

public sealed class MadeOnceTests
{
    [Fact]
    public void A_failure_is_not_kept_and_success_is()
    {
        int calls = 0;
        MadeOnce<object> once = new(() => ++calls == 1 ? throw new DmaBufException(Errno.EMFILE, "no descriptor is left") : new object());
        Assert.Equal(Errno.EMFILE, Assert.Throws<DmaBufException>(() => once.Value).Errno);
        object made = once.Value;
        Assert.Same(made, once.Value);
        Assert.Equal(2, calls);
    }

    [Fact]
    public void Threads_that_ask_together_get_the_same_one()
    {
        int calls = 0;
        MadeOnce<object> once = new(() =>
        {
            Interlocked.Increment(ref calls);
            return new object();
        });
        using Barrier start = new(4);
        object[] seen = new object[4];
        Thread[] threads = [.. Enumerable.Range(0, seen.Length).Select(index => new Thread(() =>
        {
            start.SignalAndWait();
            seen[index] = once.Value;
        }))];
        Array.ForEach(threads, static thread => thread.Start());
        Array.ForEach(threads, static thread => thread.Join());
        Assert.All(seen, value => Assert.Same(seen[0], value));
        Assert.Equal(1, calls);
    }
}
