using System.CommandLine;
using System.Security.Cryptography;
using DmaBuf.Linux;

namespace DmaBuf.Tool;

/// <summary><c>dmabuf receive SOCKET [-o FILE]</c>: takes over what <c>share</c> publishes, verifies it and, if asked to, writes it.</summary>
internal sealed class ReceiveCommand : ToolCommand
{
    private readonly Argument<string> _socket = new("SOCKET") { Description = "The address that 'dmabuf share' printed: a path, or @name." };
    private readonly Option<string?> _output = new("--output", "-o") { HelpName = "FILE", Description = "Write the bytes to this file; it appears when it is complete." };

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
        if (!await ReceiveAsync(console, arguments, cancellationToken).ConfigureAwait(false))
        {
            ToolConsole.Complain("the sharer ended before it could be told; what was received is complete and verified");
        }

        return ExitCode.Success;
    }

    /// <summary>Receives, verifies, writes, tells the sharer and shows it all; then everything has been given back.</summary>
    /// <returns>Whether the sharer was still there to be told. What it sent is sealed and verified, so its end changes nothing.</returns>
    private async Task<bool> ReceiveAsync(ToolConsole console, ParseResult arguments, CancellationToken cancellationToken)
    {
        string address = arguments.GetRequiredValue(_socket);
        string? target = arguments.GetValue(_output);
        bool json = arguments.GetValue(Json);
        StepClock clock = new();
        using ReceivedFile? file = target is null ? null : new ReceivedFile(target);
        using HandoverReceiver receiver = await HandoverReceiver.OpenAsync(Connect(address), clock, cancellationToken).ConfigureAwait(false);
        VerifiedBytes verified;
        try
        {
            file?.RequireRoom(receiver.Hello.Size);
            verified = await VerifyAsync(console, json, receiver, clock, cancellationToken).ConfigureAwait(false);
            if (file is not null)
            {
                await WriteAsync(console, json, receiver, file, clock, cancellationToken).ConfigureAwait(false);
            }
        }
        catch (DmaBufException exception)
        {
            await receiver.ReportFailureAsync(exception.Message).ConfigureAwait(false);
            throw;
        }

        bool told = await TryReportAsync(receiver, verified, clock, cancellationToken).ConfigureAwait(false);
        Show(console, json, receiver, target, verified, clock);
        return told;
    }

    private static DescriptorSocket Connect(string address)
    {
        try
        {
            return HandoverSender.Connect(address);
        }
        catch (DmaBufException exception) when (exception.Errno is Errno.EINVAL or Errno.ENOENT or Errno.ECONNREFUSED or Errno.ENOTDIR)
        {
            throw new BadUseException($"nobody shares at '{address}'; run 'dmabuf share FILE' first and paste the line that it prints");
        }
        catch (DmaBufException exception) when (exception.Errno == Errno.EACCES)
        {
            throw new DmaBufException(
                Errno.EACCES, $"Connecting to {address} was refused: the socket is another user's, or in a directory that you may not enter. Receive as the user who shares.", exception);
        }
    }

    private static async Task<bool> TryReportAsync(HandoverReceiver receiver, VerifiedBytes verified, StepClock clock, CancellationToken cancellationToken)
    {
        try
        {
            await receiver.ReportAsync(verified, clock, cancellationToken).ConfigureAwait(false);
            return true;
        }
        catch (DmaBufException exception) when (exception.Errno == Errno.ECONNRESET)
        {
            return false;
        }
    }

    private static async Task<VerifiedBytes> VerifyAsync(
        ToolConsole console, bool json, HandoverReceiver receiver, StepClock clock, CancellationToken cancellationToken)
    {
        VerifiedBytes verified = await ProgressLine.RunAsync(
            console, !json, "verify", receiver.Hello.Size, progress => MappedBytes.Verify(receiver.Mapping, progress, cancellationToken), cancellationToken).ConfigureAwait(false);
        clock.Add("read", verified.Read);
        clock.Add("hash", verified.Hash);
        string announced = receiver.Hello.Sha256;
        return CryptographicOperations.FixedTimeEquals(Convert.FromHexString(verified.Sha256), Convert.FromHexString(announced))
            ? verified
            : throw new DmaBufException(Errno.EIO, $"The memory has SHA-256 {verified.Sha256}, and the sharer announced {announced}: nothing was written. Share it again.");
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
                file.Fill(stream => MappedBytes.CopyTo(receiver.Mapping, stream, progress, cancellationToken));
                return true;
            },
            cancellationToken).ConfigureAwait(false);
        clock.Ended("write");
    }

    private static void Show(ToolConsole console, bool asJson, HandoverReceiver receiver, string? target, VerifiedBytes verified, StepClock clock)
    {
        HandoverHello hello = receiver.Hello;
        HandoverAgreement agreed = receiver.Agreement;
        if (asJson)
        {
            console.WriteJson(json =>
            {
                json.WriteString("name", hello.Name);
                json.WriteNumber("size", hello.Size);
                json.WriteString("sha256", verified.Sha256);
                json.WriteBoolean("verified", true);
                json.WriteString("type", agreed.Type);
                json.WriteString("cost", agreed.Cost);
                json.WriteNumber("copies", 0);
                json.WriteString("output", target);
                clock.Write(json);
            });
            return;
        }

        console.Line($"{hello.Name}: {Text.Size(hello.Size)} received without a copy");
        console.Line($"agreed: {agreed.Type}, read only, cost {agreed.Cost}, 0 copies (the same sealed memory, passed by descriptor)");
        console.Line($"every byte {Text.ReadAndHashed(hello.Size, verified.Read, verified.Hash)}");
        console.Line($"steps: {clock.ToText()}");
        console.Line($"sha256 {verified.Sha256} verified");
        if (target is not null)
        {
            console.Line($"written to {target}");
        }
    }
}
