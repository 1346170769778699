using System.CommandLine;
using System.Runtime.InteropServices;
using System.Text.Json;
using DmaBuf.Linux;
using Spectre.Console;

namespace DmaBuf.Tool;

/// <summary><c>dmabuf demo</c>: what this machine has, one real hand-over, one refusal that explains itself. Every figure is measured in this run.</summary>
internal sealed class DemoCommand : ToolCommand
{
    private const ulong Bytes = 64 << 20;

    internal DemoCommand()
        : base("demo", "Shows in a few seconds what this machine has and what the framework does with it; needs no root.", "dmabuf demo", "dmabuf demo --json")
    {
    }

    internal override async Task<int> RunAsync(ToolConsole console, ParseResult arguments, CancellationToken cancellationToken)
    {
        // Started first: the second process comes up while this one looks around and fills the memory.
        using SecondReceiver receiver = new();
        IReadOnlyList<KernelInterface> interfaces = KernelInterface.Survey();
        bool json = arguments.GetValue(Json);
        if (!json)
        {
            ShowMachine(console, interfaces);
        }

        using DmaBuffer buffer = PatternMemory.Export("demo", Bytes, MemorySeals.Frozen, out string sha256);
        StepClock clock = new();
        HandoverReport report = await receiver.RunAsync(new HandoverSender(buffer, "demo", sha256), clock, cancellationToken).ConfigureAwait(false);
        RefusedAttach refused = RefusedAttach.Try(buffer, sha256, cancellationToken);
        if (json)
        {
            console.WriteJson(writer => Write(writer, interfaces, report, refused, clock));
        }
        else
        {
            ShowHandover(console, receiver.ProcessId, report);
            ShowRefusal(console, refused);
            ShowNext(console);
        }

        return refused.Verified ? ExitCode.Success : ExitCode.Failure;
    }

    private static void ShowMachine(ToolConsole console, IReadOnlyList<KernelInterface> interfaces)
    {
        console.Markup("[bold]1. What this machine has[/]");
        console.Line($"   {RuntimeInformation.OSDescription}, {RuntimeInformation.ProcessArchitecture}, {Environment.ProcessorCount} processors, .NET {Environment.Version}");
        foreach (KernelInterface each in interfaces)
        {
            string mark = each.IsUsable ? "[green]yes[/]" : "[yellow]no [/]";
            console.Markup($"   {mark} {each.Name.PadRight(17).EscapeMarkup()} {each.Detail.EscapeMarkup()}");
        }

        console.Line("   yes software machine  IOMMU, PCI peers and DMA engines in memory; used where hardware is missing, always marked simulated");
    }

    private static void ShowHandover(ToolConsole console, int processId, HandoverReport report)
    {
        console.Line();
        console.Markup($"[bold]2. {Text.Size(Bytes)} handed from process {Environment.ProcessId} to process {processId}[/]");
        console.Line($"   agreed   {report.Type}, read only, cost {report.Cost}, {report.Copies} copies (the same sealed pages, passed by descriptor)");
        console.Line($"   attach   {Text.Time(report.Attach)}   map {Text.Time(report.Map)}   (in the other process, its first time, compiling included)");
        console.Markup($"   verified [green]SHA-256 equal[/]; every byte {Text.ReadAndHashed(Bytes, report.Read, report.Hash)}");
    }

    private static void ShowRefusal(ToolConsole console, RefusedAttach refused)
    {
        NegotiationPair pair = refused.Declined;
        NegotiationParties parties = refused.Failure.Parties;
        console.Line();
        console.Markup("[bold]3. An attach that is refused, and says why[/]");
        console.Line($"   who      exporter '{parties.Exporter}' and importer '{parties.Importer}' over {refused.Failure.Requests[pair.Request].Type}: {refused.Failure.Errno}");
        console.Line($"   property {pair.Decline!.Property}: offered {pair.Decline.Offered}, wanted {pair.Decline.Wanted} (the memory is sealed against writing)");
        console.Markup($"   remedy   {refused.Change.EscapeMarkup()}: tried, agreed on {refused.Agreed}, {(refused.Verified ? "[green]bytes verified[/]" : "[red]bytes differ[/]")}");
    }

    private static void ShowNext(ToolConsole console)
    {
        console.Line();
        console.Markup("[bold]Where to go next[/]");
        console.Line("   dmabuf doctor                 what is missing here, and the command that would change it");
        console.Line("   dmabuf matrix                 every exporter with every importer, with real bytes");
        console.Line("   dmabuf share FILE             then paste the line that it prints into a second terminal");
        console.Line("   dmabuf explain FILE.json      a negotiation of your own; samples/negotiations has two");
    }

    private static void Write(
        Utf8JsonWriter json, IReadOnlyList<KernelInterface> interfaces, HandoverReport report, RefusedAttach refused, StepClock clock)
    {
        json.WriteStartArray("interfaces");
        foreach (KernelInterface each in interfaces)
        {
            json.WriteStartObject();
            json.WriteString("name", each.Name);
            json.WriteBoolean("usable", each.IsUsable);
            json.WriteString("detail", each.Detail);
            json.WriteEndObject();
        }

        json.WriteEndArray();
        json.WriteStartObject("handover");
        json.WriteNumber("size", Bytes);
        json.WriteString("type", report.Type);
        json.WriteString("cost", report.Cost);
        json.WriteNumber("copies", report.Copies);
        json.WriteBoolean("verified", true);
        json.WriteNumber("attachMilliseconds", report.Attach.TotalMilliseconds);
        json.WriteNumber("mapMilliseconds", report.Map.TotalMilliseconds);
        json.WriteNumber("readMilliseconds", report.Read.TotalMilliseconds);
        json.WriteNumber("hashMilliseconds", report.Hash.TotalMilliseconds);
        clock.Write(json);
        json.WriteEndObject();
        json.WriteStartObject("refused");
        json.WriteString("errno", refused.Failure.Errno.ToString());
        json.WriteString("exporter", refused.Failure.Parties.Exporter);
        json.WriteString("importer", refused.Failure.Parties.Importer);
        json.WriteString("property", refused.Declined.Decline!.Property);
        json.WriteString("offered", refused.Declined.Decline.Offered);
        json.WriteString("wanted", refused.Declined.Decline.Wanted);
        json.WriteString("remedy", refused.Change);
        json.WriteBoolean("remedyVerified", refused.Verified);
        json.WriteEndObject();
    }
}
