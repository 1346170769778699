using System.CommandLine;
using DmaBuf.Linux;

namespace DmaBuf.Tool;

/// <summary>
/// <c>dmabuf share</c>, in three forms: <c>FILE</c> hands a file to one receiver, <c>--frames</c> publishes frames to many subscribers, <c>--subscribe ADDRESS</c> is one of them.
/// </summary>
internal sealed class ShareCommand : ToolCommand
{
    private readonly Argument<string?> _file = new("FILE")
    {
        Arity = ArgumentArity.ZeroOrOne,
        Description = "The file whose bytes are shared; at least one byte. With --frames a Y4M file, any file with --frame-size, or - for standard input.",
    };

    private readonly Option<string?> _socket = new("--socket") { HelpName = "SOCKET", Description = "Where to listen: a path, or @name; left out: a new @name." };
    private readonly Option<bool> _selfTest = new("--self-test") { Description = "Receive in a second process at once, and verify." };
    private readonly PublishFrames _publish = new();
    private readonly SubscribeFrames _subscribe = new();

    internal ShareCommand()
        : base(
            "share",
            "Shares a file's bytes with another process, copied once into sealed memory, then never again; or publishes frames that many processes read without a copy.",
            "dmabuf share README.md",
            "dmabuf share README.md --self-test",
            "dmabuf share frame.raw --socket /tmp/frame.sock",
            "dmabuf share --frames clip.y4m",
            "dmabuf share --subscribe @dmabuf-4f2a91c07be3 --output copy.y4m",
            "dmabuf share --frames --pattern 1920x1080 --fps 60 --count 600 --self-test",
            "dmabuf share --frames disk.img --frame-size 8M --policy drop-oldest --subscribers 2",
            "ffmpeg -i film.mkv -f yuv4mpegpipe - | dmabuf share --frames - --fps 25")
    {
        Arguments.Add(_file);
        Options.Add(_socket);
        Options.Add(_selfTest);
        foreach (Option option in (Option[])[.. _publish.Options, .. _subscribe.Options, FrameOptions.Count])
        {
            Options.Add(option);
        }
    }

    internal override Task<int> RunAsync(ToolConsole console, ParseResult arguments, CancellationToken cancellationToken)
    {
        string? file = arguments.GetValue(_file);
        bool json = arguments.GetValue(Json);
        string? socket = arguments.GetValue(_socket);
        bool selfTest = arguments.GetValue(_selfTest);
        if (arguments.GetValue(_subscribe.Address) is { } address)
        {
            FrameOptions.Refuse(arguments, "--subscribe receives frames", [_socket, _selfTest, .. _publish.Options]);
            return file is null
                ? _subscribe.RunAsync(console, json, address, arguments, cancellationToken)
                : throw new BadUseException($"--subscribe receives frames and shares no file; leave '{Printable.Of(file)}' out, or give --output to write it there");
        }

        FrameOptions.Refuse(arguments, "only --subscribe takes it", _subscribe.Options);
        if (arguments.GetValue(_publish.Frames))
        {
            return _publish.RunAsync(console, json, file, socket, selfTest, arguments, cancellationToken);
        }

        FrameOptions.Refuse(arguments, "only --frames takes it", [.. _publish.Options, FrameOptions.Count]);
        return file is null
            ? throw new BadUseException("share needs a FILE, --frames or --subscribe ADDRESS; run 'dmabuf share --help' for what each takes and examples")
            : ShareFile.RunAsync(console, json, file, socket, selfTest, cancellationToken);
    }

    /// <summary>Listens where it was asked to, or at a new name.</summary>
    internal static DescriptorListener Listen(string? address)
    {
        address ??= SecondReceiver.NewAddress();
        try
        {
            return DescriptorListener.Listen(address);
        }
        catch (DmaBufException exception)
        {
            throw new BadUseException($"cannot listen at '{address}': {exception.Message.ReplaceLineEndings(" ")}");
        }
    }
}
