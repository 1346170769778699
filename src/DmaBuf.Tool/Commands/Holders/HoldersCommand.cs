using System.CommandLine;
using DmaBuf.Linux;

namespace DmaBuf.Tool;

/// <summary>What the commands that look at the buffers of all processes have in common: where they look, and at what.</summary>
internal abstract class HoldersCommand : ToolCommand
{
    private readonly Option<string> _processes = new("--proc")
    {
        Description = "Where proc is mounted, for example the host's in a container.",
        HelpName = "DIRECTORY",
        DefaultValueFactory = static _ => "/proc",
    };

    private readonly Option<string> _system = new("--sys")
    {
        Description = "Where sysfs is mounted, with debugfs in kernel/debug.",
        HelpName = "DIRECTORY",
        DefaultValueFactory = static _ => "/sys",
    };

    private readonly Option<bool> _memoryFiles = new("--memory-files") { Description = "Also memory of memfd_create, which this library's own buffers are made of." };

    protected HoldersCommand(string name, string description, params string[] examples)
        : base(name, description, examples)
    {
        Options.Add(_memoryFiles);
        Options.Add(_processes);
        Options.Add(_system);
    }

    /// <summary>Reads everything now.</summary>
    protected KernelBufferSnapshot Take(ParseResult arguments) => KernelBufferSnapshot.Take(new()
    {
        ProcessRoot = arguments.GetRequiredValue(_processes),
        SystemRoot = arguments.GetRequiredValue(_system),
        IncludeMemoryFiles = arguments.GetValue(_memoryFiles),
    });
}
