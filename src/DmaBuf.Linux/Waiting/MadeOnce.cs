namespace DmaBuf.Linux;

/// <summary>Something of which a process has one, made when it is first asked for. Unlike <see cref="Lazy{T}"/> a failure is not kept: the next caller tries again.</summary>
/// <remarks>Threads: any; one at a time makes it, the others wait.</remarks>
internal sealed class MadeOnce<T>(Func<T> make)
    where T : class
{
    private readonly Lock _making = new();
    private T? _value;

    internal T Value => Volatile.Read(ref _value) ?? Make();

    private T Make()
    {
        lock (_making)
        {
            T value = _value ?? make();
            Volatile.Write(ref _value, value);
            return value;
        }
    }
}
