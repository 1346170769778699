using System.Globalization;

namespace DmaBuf.Tool.Tests;

/// <summary>A proc and a sys of files with three buffers and two processes: camera (10), which holds two, and viewer (11), which maps one; nobody visible holds the third.</summary>
public abstract class BufferMachine : ScratchFolder
{
    protected BufferMachine()
    {
        AddProcess(10, "camera");
        AddProcess(11, "vi\u001b[31mewer", "7f0000000000-7f0000002000 r--s 00000000 00:0e 52 /dmabuf:frame\n");
        AddBuffer(10, 3, 52, 8192, "system", "frame");
        AddBuffer(10, 4, 53, 1 << 20, "udmabuf", "");
        Put("sys/kernel/debug/dma_buf/bufinfo",
            "00008192\t00000002\t02080007\t00000004\tsystem\t00000052\tframe\n\twrite fence:vgem unbound seq 1 unsignalled\n\tAttached Devices:\n\tvgem\nTotal 1 devices attached\n\n"
            + "00004096\t00000002\t02080007\t00000001\tsystem\t00000054\t<none>\n\tAttached Devices:\n\tvgem\nTotal 1 devices attached\n\n");
    }

    private protected Task<ToolResult> RunAsync(string command, params string[] arguments) => ToolRun.RunAsync(Arguments(command, arguments));

    private protected string[] Arguments(string command, params string[] arguments) => [command, "--proc", At("proc"), "--sys", At("sys"), .. arguments];

    protected void Put(string path, string text)
    {
        Directory.CreateDirectory(Path.GetDirectoryName(At(path))!);
        File.WriteAllText(At(path), text);
    }

    protected void AddProcess(int id, string command, string maps = "00400000-00401000 r-xp 00000000 08:01 77 /bin/x\n")
    {
        Directory.CreateDirectory(At($"proc/{id}/fd"));
        Put($"proc/{id}/maps", maps);
        Put($"proc/{id}/stat", string.Create(CultureInfo.InvariantCulture, $"{id} ({command}) S 1 0 0 0 -1 4194560 101 0 0 0 2 4 0 0 20 0 1 0 100 0\n"));
        Put($"proc/{id}/status", "Name:\tx\nUid:\t1\t1000\t1\t1\n");
    }

    protected void AddBuffer(int process, int descriptor, int inode, int size, string exporter, string name)
    {
        File.CreateSymbolicLink(At($"proc/{process}/fd/{descriptor}"), $"/dmabuf:{name}");
        string last = name.Length > 0 ? $"name:\t{name}\n" : "";
        Put($"proc/{process}/fdinfo/{descriptor}", string.Create(CultureInfo.InvariantCulture, $"pos:\t0\nino:\t{inode}\nsize:\t{size}\ncount:\t2\nexp_name:\t{exporter}\n{last}"));
    }
}
