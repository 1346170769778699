using DmaBuf.Testing;

namespace DmaBuf.SharedTests;

/// <summary>A test of a subject, which is made for it and disposed after it; then nothing may be left.</summary>
/// <typeparam name="TSubject">What the world supplies.</typeparam>
public abstract class SharedTest<TSubject> : IAsyncLifetime
    where TSubject : Subject
{
    private LeakCheck? _leaks;
    private TSubject? _subject;

    protected static CancellationToken Token => TestContext.Current.CancellationToken;

    protected TSubject Subject => _subject!;

    public async ValueTask InitializeAsync()
    {
        BeforeCounting();
        _leaks = LeakCheck.Start();
        _subject = await MakeSubjectAsync();
    }

    public async ValueTask DisposeAsync()
    {
        GC.SuppressFinalize(this);
        if (_subject is not null)
        {
            await _subject.DisposeAsync();
            Assert.Null(_subject.FindLeftovers());
        }

        _leaks?.Verify();
    }

    /// <summary>Touches what the process makes once and keeps.</summary>
    protected virtual void BeforeCounting()
    {
    }

    protected abstract Task<TSubject> MakeSubjectAsync();

    protected static DmaBufException Refused(Errno errno, Action action)
    {
        DmaBufException refusal = Assert.Throws<DmaBufException>(action);
        Assert.Equal(errno, refusal.Errno);
        return refusal;
    }

    protected static byte[] Pattern(int length, int seed)
    {
        byte[] bytes = new byte[length];
        new Random(seed).NextBytes(bytes);
        return bytes;
    }
}
