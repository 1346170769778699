namespace DmaBuf.SharedTests;

/// <summary>What a world supplies for tests that more than one world runs.</summary>
public abstract class Subject : IAsyncDisposable
{
    /// <summary>Bytes of the page of every world here.</summary>
    public const ulong Page = 4096;

    /// <summary>What the world still holds after the subject was disposed, in words; null: nothing. Descriptors and the framework's own counts are looked at anyway.</summary>
    public virtual string? FindLeftovers() => null;

    public virtual ValueTask DisposeAsync()
    {
        GC.SuppressFinalize(this);
        return ValueTask.CompletedTask;
    }
}
