using System.Globalization;

namespace DmaBuf.Linux;

/// <summary>Limits of this process: memory that it may pin for devices, and descriptors.</summary>
internal static class LimitChecks
{
    private const ulong SmallPin = 64 << 20;
    private const ulong FewDescriptors = 4096;

    internal static IEnumerable<DoctorCheck> Of(DoctorRoom room)
    {
        string limits = room.Text(room.Process("self/limits")) ?? "";
        return
        [
            Judge("memlock", SoftLimit(limits, "Max locked memory"), SmallPin, "bytes may be pinned for devices (RLIMIT_MEMLOCK)", "ulimit -l unlimited (for good: a line 'USER - memlock unlimited' in /etc/security/limits.conf)"),
            Judge("nofile", SoftLimit(limits, "Max open files"), FewDescriptors, "descriptors at once (RLIMIT_NOFILE)", "ulimit -n 65536"),
        ];
    }

    /// <summary>The first number behind the name; null if there is none, the greatest for <c>unlimited</c>.</summary>
    internal static ulong? SoftLimit(string limits, string name)
    {
        string? line = limits.Split('\n').FirstOrDefault(line => line.StartsWith(name, StringComparison.Ordinal));
        string? soft = line?[name.Length..].Split(' ', StringSplitOptions.RemoveEmptyEntries).FirstOrDefault();
        return soft == "unlimited" ? ulong.MaxValue : ulong.TryParse(soft, NumberStyles.None, CultureInfo.InvariantCulture, out ulong limit) ? limit : null;
    }

    private static DoctorCheck Judge(string area, ulong? limit, ulong enough, string what, string remedy) => limit switch
    {
        null => new(area, area, DoctorState.Untested, "/proc/self/limits does not say", "mount proc"),
        ulong.MaxValue => DoctorCheck.Works(area, area, $"no limit: {what}"),
        { } value when value >= enough => DoctorCheck.Works(area, area, string.Create(CultureInfo.InvariantCulture, $"{value} {what}")),
        { } value => new(area, area, DoctorState.Limited, string.Create(CultureInfo.InvariantCulture, $"{value} {what}"), remedy),
    };
}
