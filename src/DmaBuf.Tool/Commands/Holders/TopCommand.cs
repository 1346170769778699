using System.CommandLine;
using DmaBuf.Linux;

namespace DmaBuf.Tool;

/// <summary><c>dmabuf top</c>: the list again and again, on a terminal in place, elsewhere one after the other.</summary>
internal sealed class TopCommand : HoldersCommand
{
    private readonly BufferFilter _filter;
    private readonly SecondsOption _interval = new("--interval", "Time from one snapshot to the next.", 2);
    private readonly Option<int?> _count = new("--count") { Description = "End after so many snapshots; otherwise on a terminal with q or Ctrl-C, elsewhere after one.", HelpName = "NUMBER" };

    internal TopCommand()
        : base(
            "top",
            "Shows the kernel's buffers and who holds them, again and again; q or Ctrl-C ends it.",
            "dmabuf top",
            "sudo dmabuf top --interval 0.5 --sort holders",
            "dmabuf top --count 10 --json > course.jsonl")
    {
        _filter = new(this);
        Options.Add(_interval);
        Options.Add(_count);
    }

    internal override async Task<int> RunAsync(ToolConsole console, ParseResult arguments, CancellationToken cancellationToken)
    {
        TimeSpan interval = _interval.Of(arguments);
        int? count = arguments.GetValue(_count);
        if (count < 1)
        {
            throw new BadUseException("--count takes a number from 1 on");
        }

        KernelBufferSnapshot Next() => _filter.Apply(Take(arguments), arguments);
        if (!arguments.GetValue(Json) && console.IsTerminal)
        {
            using TerminalKeys keys = new();
            await new TopScreen(console, keys.IsPressed).RunAsync(
                () => Next() is var snapshot ? (snapshot, _filter.Sort(snapshot.Buffers, arguments)) : default, interval, count, cancellationToken).ConfigureAwait(false);
            return ExitCode.Success;
        }

        for (int number = 1, last = count ?? 1; number <= last; number++)
        {
            if (number > 1)
            {
                await Task.Delay(interval, cancellationToken).ConfigureAwait(false);
            }

            Print(console, Next(), arguments);
        }

        return ExitCode.Success;
    }

    private void Print(ToolConsole console, KernelBufferSnapshot snapshot, ParseResult arguments)
    {
        if (arguments.GetValue(Json))
        {
            console.Line(KernelBufferSnapshotJson.Write(snapshot, indented: false));
            return;
        }

        ListCommand.Write(console, snapshot, _filter.Sort(snapshot.Buffers, arguments));
        console.Line();
    }
}
