using System.Text.RegularExpressions;

namespace DmaBuf.Linux.Tests;

/// <summary>Every command of the README, as it is written there, run in the lab: what a newcomer types must work on a real kernel.</summary>
[LabMachine(LabMachines.Buffers)]
public sealed partial class ReadmeCommandTests : LeakCheckedTest
{
    private static readonly string s_root = FindRoot();

    /// <summary>
    /// All but the matrix of this kernel, which takes long and which <see cref="BuffersMatrixTests"/> runs, and those of frames, which wait for a second process or want a film of the reader's,
    /// or measure: the tool's own tests run these.
    /// </summary>
    public static TheoryData<string> Commands { get; } =
    [
        .. File.ReadLines(Path.Combine(s_root, "README.md")).Select(static line => Command().Match(line)).Where(static match => match.Success).Select(static match => match.Groups[1].Value)
            .Where(static command => command is not ("matrix" or "matrix --vfio") && command.Split(' ')[0] is not ("share" or "bench")),
    ];

    [Fact]
    public void The_readme_shows_them_as_this_test_reads_them() => Assert.True(Commands.Count >= 10, $"The README has {Commands.Count} commands of dmabuf: has its form changed?");

    [Theory]
    [MemberData(nameof(Commands))]
    public void A_command_ends_well_and_says_something(string command)
    {
        using DmaHeap heap = DmaHeap.Open("system");
        using KernelBuffer shown = heap.Allocate(4096);
        string[] arguments = Settled(command.Split(' ', StringSplitOptions.RemoveEmptyEntries), shown);
        (int code, string output, string errors) = LabTool.Run(arguments, s_root);
        Assert.True(code == 0, $"dmabuf {string.Join(' ', arguments)} ended with {code}: {errors}{output}");
        Assert.NotEmpty(output);
    }

    /// <summary>What depends on the machine or on somebody at the keyboard is settled here: whose number, and how long. Without a terminal <c>top</c> ends by itself.</summary>
    private static string[] Settled(string[] command, KernelBuffer shown) => command switch
    {
        ["show", _] => ["show", $"{shown.Identity.Inode}"],
        ["leaks", "--for", _] => ["leaks", "--for", "1"],
        _ => command,
    };

    private static string FindRoot()
    {
        string folder = AppContext.BaseDirectory;
        while (!File.Exists(Path.Combine(folder, "DmaBuf.slnx")))
        {
            folder = Path.GetDirectoryName(folder) ?? throw new InvalidOperationException("The repository lies above its tests.");
        }

        return folder;
    }

    [GeneratedRegex("^    \\./dmabuf ([^#]+?) *(#.*)?$")]
    private static partial Regex Command();
}
