using System.CommandLine;
using System.Security.Cryptography;
using DmaBuf.Linux;

namespace DmaBuf.Tool;

/// <summary><c>dmabuf receive SOCKET [-o FILE]</c>: takes over what <c>share</c> publishes, verifies it and, if asked to, writes it.</summary>
internal sealed class ReceiveCommand : ToolCommand
{
    private readonly Argument<string> _socket = new("SOCKET") { Description = "The address that 'dmabuf share' printed: a path, or @name." };
    private readonly Option<string?> _output = new("--output", "-o") { Description = "Write the bytes to this file; it appears when it is complete." };

    internal ReceiveCommand()
        : base(
            "receive",
            "Receives a sealed buffer from 'dmabuf share', maps it without copying, and verifies its SHA-256.",
            "dmabuf receive @dmabuf-4f2a91c07be3",
            "dmabuf receive @dmabuf-4f2a91c07be3 -o copy.bin",
            "dmabuf receive /tmp/frame.sock --json")
    {
        Arguments.Add(_socket);
        Options.Add(_output);
    }

    internal override async Task<int> RunAsync(ToolConsole console, ParseResult arguments, CancellationToken cancellationToken)
    {
        string address = arguments.GetRequiredValue(_socket);
        string? target = arguments.GetValue(_output);
        bool json = arguments.GetValue(Json);
        StepClock clock = new();
        using ReceivedFile? file = target is null ? null : new ReceivedFile(target);
        using HandoverReceiver receiver = await HandoverReceiver.OpenAsync(Connect(address), clock, cancellationToken).ConfigureAwait(false);
        HandoverHello hello = receiver.Hello;
        string sha256 = await ProgressLine.RunAsync(
            console, !json, "verify", hello.Size, progress => MappedBytes.Sha256(receiver.Mapping, progress, cancellationToken), cancellationToken).ConfigureAwait(false);
        TimeSpan verify = clock.Ended("verify");
        if (!CryptographicOperations.FixedTimeEquals(Convert.FromHexString(sha256), Convert.FromHexString(hello.Sha256)))
        {
            throw new DmaBufException(Errno.EIO, $"The memory has SHA-256 {sha256}, and the sharer announced {hello.Sha256}: nothing was written. Share it again.");
        }

        if (file is not null)
        {
            await WriteAsync(console, json, receiver, file, clock, cancellationToken).ConfigureAwait(false);
        }

        await receiver.ReportAsync(sha256, clock, cancellationToken).ConfigureAwait(false);
        Show(console, json, receiver, target, sha256, verify, clock);
        return ExitCode.Success;
    }

    private static DescriptorSocket Connect(string address)
    {
        try
        {
            return HandoverSender.Connect(address);
        }
        catch (DmaBufException exception) when (exception.Errno is Errno.EINVAL or Errno.ENOENT or Errno.ECONNREFUSED or Errno.ENOTDIR)
        {
            throw new BadUseException($"nobody shares at {address}; run 'dmabuf share FILE' first and paste the line that it prints");
        }
    }

    private static async Task WriteAsync(
        ToolConsole console, bool json, HandoverReceiver receiver, ReceivedFile file, StepClock clock, CancellationToken cancellationToken)
    {
        await ProgressLine.RunAsync(
            console,
            !json,
            "write",
            receiver.Hello.Size,
            progress =>
            {
                MappedBytes.CopyTo(receiver.Mapping, file.Stream, progress, cancellationToken);
                return true;
            },
            cancellationToken).ConfigureAwait(false);
        file.Publish();
        clock.Ended("write");
    }

    private static void Show(ToolConsole console, bool asJson, HandoverReceiver receiver, string? target, string sha256, TimeSpan verify, StepClock clock)
    {
        HandoverHello hello = receiver.Hello;
        HandoverAgreement agreed = receiver.Agreement;
        if (asJson)
        {
            console.WriteJson(json =>
            {
                json.WriteString("name", hello.Name);
                json.WriteNumber("size", hello.Size);
                json.WriteString("sha256", sha256);
                json.WriteBoolean("verified", true);
                json.WriteString("type", agreed.Type);
                json.WriteString("cost", agreed.Cost);
                json.WriteNumber("copies", 0);
                json.WriteString("output", target);
                clock.Write(json);
            });
            return;
        }

        console.Line($"{hello.Name}: {Text.Size(hello.Size)} received without a copy, SHA-256 verified at {Text.Rate(Text.GigabytesPerSecond(hello.Size, verify))}");
        console.Line($"agreed: {agreed.Type}, read only, cost {agreed.Cost}, 0 copies (the same sealed memory, passed by descriptor)");
        console.Line($"steps: {clock.ToText()}");
        console.Line($"sha256 {sha256}");
        if (target is not null)
        {
            console.Line($"written to {target}");
        }
    }
}
