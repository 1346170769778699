namespace DmaBuf.Linux;

/// <summary>What of other users' buffers can be seen.</summary>
internal static class VisibilityChecks
{
    internal static IEnumerable<DoctorCheck> Of(DoctorRoom room) => [BufferInfo(room), Processes(room)];

    private static DoctorCheck BufferInfo(DoctorRoom room)
    {
        const string area = "bufinfo";
        string path = room.System("kernel/debug/dma_buf/bufinfo");
        return room.TryRead(path) switch
        {
            Errno.None => DoctorCheck.Works(area, area, $"{path} names the devices and fences of every buffer"),
            Errno.EACCES or Errno.EPERM => new(area, area, DoctorState.Forbidden, $"{path} is for root", "sudo dmabuf list"),
            _ when DoctorRoom.Names(room.System("kernel/debug")).Length == 0 && room.Configuration.Of("DEBUG_FS") is not "n" =>
                new(area, area, DoctorState.Missing, "debugfs is not mounted", $"sudo mount -t debugfs none {room.System("kernel/debug")}"),
            _ => new(area, area, DoctorState.Missing, $"no {path}", "a kernel built with CONFIG_DEBUG_FS and a driver that uses dma-bufs"),
        };
    }

    private static DoctorCheck Processes(DoctorRoom room)
    {
        const string area = "processes";
        string scope = room.Text(room.Process("sys/kernel/yama/ptrace_scope")) is { } text ? $"ptrace_scope {text}" : "no ptrace_scope";
        string hidden = HiddenProcesses(room.Text(room.Process("self/mounts")) ?? "", room.Process("").TrimEnd('/'));
        bool everything = room.TryRead(room.Process("1/maps")) == Errno.None;
        string detail = $"{(everything ? "all processes" : "own processes only")}; hidepid {hidden}, {scope}";
        return everything ? DoctorCheck.Works(area, area, detail) : new(area, area, DoctorState.Limited, detail, "run as root to see what other users hold (sudo dmabuf list)");
    }

    /// <summary>The mount option of proc that hides other users' processes; 0 where it is not set.</summary>
    internal static string HiddenProcesses(string mounts, string directory)
    {
        const string option = "hidepid=";
        string[]? fields = mounts.Split('\n').Select(static line => line.Split(' ')).LastOrDefault(fields => fields.Length > 3 && fields[1] == directory && fields[2] == "proc");
        return fields?[3].Split(',').FirstOrDefault(static each => each.StartsWith(option, StringComparison.Ordinal))?[option.Length..] ?? "0";
    }
}
