using System.Diagnostics;
using DmaBuf.Testing;

namespace DmaBuf.Sharing.Tests;

/// <summary>SIGKILL of an exporter's process: the importer is told at once, and nothing is left.</summary>
public sealed class ExporterDeathTests : LeakCheckedTest
{
    [Fact]
    public async Task An_importer_learns_of_its_exporters_death_and_its_memory_is_taken_away()
    {
        string address = $"@dmabuf-test-{Environment.ProcessId}-{Guid.NewGuid():n}";
        DmaBufferRegistry registry = new();
        LeakCheck leaks = LeakCheck.Start(registry);
        using (Process process = ExportingProcess.Start(address))
        {
            BufferClient client = await ConnectAsync(address, registry);
            Assert.Equal(process.Id, client.Peer.ProcessId);
            using (CpuAttachment attachment = await client.AttachAsync("frame", new DmaBufferImporter("reader"), CpuMappingType.Request(CpuAccess.Read), Token))
            using (CpuMapping mapping = attachment.MapCpu(Token))
            {
                mapping.Read(0, static (bytes, _) => Assert.False(bytes.ContainsAnyExcept((byte)0)));
                process.Kill();
                await process.WaitForExitAsync(Token);
                await client.Ended.WaitAsync(TimeSpan.FromSeconds(30), Token);
                Assert.True(SpinWait.SpinUntil(() => attachment.Buffer.Phase != BufferPhase.Live, TimeSpan.FromSeconds(30)), "The buffer still lives.");
                Refused(Errno.ENODEV, () => attachment.MapCpu(Token).Dispose());
                Refused(Errno.ENODEV, () => mapping.Read(Token).Dispose());
            }

            await client.DisposeAsync();
        }

        leaks.Verify(registry.ProblemCount);
    }

    /// <summary>The process takes a while to listen.</summary>
    private static async Task<BufferClient> ConnectAsync(string address, DmaBufferRegistry registry)
    {
        using CancellationTokenSource late = CancellationTokenSource.CreateLinkedTokenSource(Token);
        late.CancelAfter(TimeSpan.FromSeconds(60));
        while (true)
        {
            try
            {
                return await BufferClient.ConnectAsync(address, new BufferClientOptions { Registry = registry }, late.Token);
            }
            catch (DmaBufException notYet) when (notYet.Errno == Errno.ECONNREFUSED)
            {
                await Task.Delay(10, late.Token);
            }
        }
    }
}
