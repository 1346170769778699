using DmaBuf.Linux;

namespace DmaBuf.Tool;

/// <summary><c>dmabuf share FILE</c>: publishes a file's bytes as a sealed buffer, for one receiver.</summary>
internal static class ShareFile
{
    internal static async Task<int> RunAsync(ToolConsole console, bool json, string path, string? address, bool selfTest, CancellationToken cancellationToken)
    {
        StepClock clock = new();
        // First, so that an address that cannot be is refused before a large file is copied.
        using DescriptorListener listener = ShareCommand.Listen(address);
        using SealedFile file = await SealAsync(console, json, path, clock, cancellationToken).ConfigureAwait(false);
        using DmaBuffer buffer = MemoryFileExporter.Export(file.Memory, new DmaBufferExportOptions { Name = BufferName.Of(file.Memory.Name) });
        if (!json)
        {
            console.Line($"{path}: {Text.Size(buffer.Size)} copied once into sealed memory in {Text.Time(file.Copy)} ({Text.Rate(Text.GigabytesPerSecond(buffer.Size, file.Copy))}); its SHA-256 took another {Text.Time(file.Hash)}");
            Invite(console, listener.Address, selfTest);
        }
        else if (!selfTest)
        {
            ToolConsole.Complain($"listening; run: dmabuf receive {listener.Address}");
        }

        HandoverSender sender = new(buffer, file.Memory.Name, file.Sha256);
        using SecondProcess? second = selfTest ? new SecondProcess("receive", listener.Address, "--json") : null;
        using DescriptorSocket socket = await SecondReceiver.AcceptAsync(listener, second, cancellationToken).ConfigureAwait(false);
        clock.Restart();
        HandoverReport report = await sender.RunAsync(socket, clock, cancellationToken).ConfigureAwait(false);
        if (second is not null)
        {
            await second.FinishAsync(cancellationToken).ConfigureAwait(false);
        }

        Show(console, json, buffer.Size, file, report, clock, second is not null);
        return ExitCode.Success;
    }

    private static async Task<SealedFile> SealAsync(ToolConsole console, bool json, string path, StepClock clock, CancellationToken cancellationToken)
    {
        using FileStream source = SourceFile.Open(path);
        SealedFile file = await ProgressLine.RunAsync(
            console, !json, "copy", (ulong)source.Length, progress => SealedFile.Make(source, path, progress, cancellationToken), cancellationToken).ConfigureAwait(false);
        clock.Add("reserve", file.Reserve);
        clock.Add("copy", file.Copy);
        clock.Add("hash", file.Hash);
        return file;
    }

    private static void Invite(ToolConsole console, string address, bool selfTest)
    {
        if (selfTest)
        {
            console.Line("a second process receives it ...");
            return;
        }

        console.Line("paste into a second terminal:");
        console.Line();
        console.Line($"  dmabuf receive {address}");
        console.Line();
        console.Line("(add -o FILE to write it there; Ctrl-C ends)");
    }

    private static void Show(ToolConsole console, bool asJson, ulong size, SealedFile file, HandoverReport report, StepClock clock, bool selfTest)
    {
        if (asJson)
        {
            console.WriteJson(json =>
            {
                json.WriteString("name", file.Memory.Name);
                json.WriteNumber("size", size);
                json.WriteString("sha256", file.Sha256);
                json.WriteBoolean("verified", true);
                json.WriteString("type", report.Type);
                json.WriteString("cost", report.Cost);
                json.WriteNumber("copies", report.Copies);
                json.WriteBoolean("selfTest", selfTest);
                clock.Write(json);
            });
            return;
        }

        console.Line($"agreed: Descriptor to the other process, there {report.Type}, cost {report.Cost}, {report.Copies} copies");
        console.Line($"receiver: attach {Text.Time(report.Attach)}, map {Text.Time(report.Map)}; every byte {Text.ReadAndHashed(size, report.Read, report.Hash)}");
        console.Line($"steps: {clock.ToText()}");
        console.Line($"sha256 {file.Sha256} verified by the receiver");
    }
}
