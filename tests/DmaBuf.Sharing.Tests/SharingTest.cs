using DmaBuf.Testing;

namespace DmaBuf.Sharing.Tests;

/// <summary>A server with one buffer of real memory. After each test nothing of it is left, here or in the kernel.</summary>
public abstract class SharingTest : LeakCheckedTest, IAsyncLifetime
{
    protected const int Size = 1 << 16;
    private static int s_count;

    protected SharingTest() => Leaks = LeakCheck.Start(Registry);

    protected DmaBufferRegistry Registry { get; } = new();

    protected BufferServer Server { get; private set; } = null!;

    protected DmaBuffer Buffer { get; private set; } = null!;

    protected string Address { get; } = $"@dmabuf-test-{Environment.ProcessId}-{Interlocked.Increment(ref s_count)}";

    protected virtual BufferServerOptions Options => new();

    protected virtual MemorySeals Seals => MemorySeals.FixedSize;

    protected long ExpectedProblems { get; set; }

    private LeakCheck Leaks { get; }

    public ValueTask InitializeAsync()
    {
        Buffer = Export(Seals);
        Server = BufferServer.Listen(Address, Options);
        Server.Share("frame", Buffer);
        return ValueTask.CompletedTask;
    }

    public async ValueTask DisposeAsync()
    {
        await Server.DisposeAsync();
        Buffer.Dispose();
        Leaks.Verify(ExpectedProblems);
        Dispose();
        GC.SuppressFinalize(this);
    }

    /// <summary>A buffer whose every byte is 0x5a.</summary>
    protected DmaBuffer Export(MemorySeals seals)
    {
        MemoryFile file = MemoryFile.Create(TestMemory, Size);
        using (MemoryMapping mapping = file.Map(MemoryProtection.ReadWrite))
        {
            mapping.Window(0, Size).Fill(0x5a);
        }

        file.Seal(seals);
        return MemoryFileExporter.Export(file, new DmaBufferExportOptions { Name = "frame", Registry = Registry });
    }

    protected Task<BufferClient> ConnectAsync(BufferClientOptions? options = null)
        => BufferClient.ConnectAsync(Address, (options ?? new BufferClientOptions()) with { Registry = Registry }, Token);

    /// <summary>Waits until something that happens elsewhere has happened; fails after ten seconds.</summary>
    protected static async Task UntilAsync(Func<bool> happened)
    {
        using CancellationTokenSource late = CancellationTokenSource.CreateLinkedTokenSource(Token);
        late.CancelAfter(TimeSpan.FromSeconds(10));
        while (!happened())
        {
            await Task.Delay(1, late.Token);
        }
    }
}
