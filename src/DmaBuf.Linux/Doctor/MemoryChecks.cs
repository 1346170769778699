using System.Globalization;

namespace DmaBuf.Linux;

/// <summary>Memory files with seals, and huge pages for them.</summary>
internal static class MemoryChecks
{
    private const string Probe = "dmabuf-doctor";

    internal static IEnumerable<DoctorCheck> Of(DoctorRoom room) => [MemoryFiles(), HugePages(room)];

    private static DoctorCheck MemoryFiles()
    {
        try
        {
            using MemoryFile file = MemoryFile.Create(Probe, (ulong)Environment.SystemPageSize);
            file.Seal(MemorySeals.Frozen);
            return DoctorCheck.Works("memfd", "memfd", "a page was made and sealed: memory between processes works");
        }
        catch (DmaBufException exception)
        {
            return new("memfd", "memfd", DoctorState.Failing, exception.Message.ReplaceLineEndings(" "), "a kernel built with CONFIG_MEMFD_CREATE (Linux 3.17 or later), and a sandbox that permits memfd_create");
        }
    }

    private static DoctorCheck HugePages(DoctorRoom room)
    {
        const string prefix = "hugepages-";
        const string suffix = "kB";
        const string area = "huge-pages";
        string directory = room.System("kernel/mm/hugepages");
        string[] sizes = DoctorRoom.Names(directory, prefix);
        if (sizes.Length == 0)
        {
            return new(area, area, DoctorState.Missing, $"nothing in {directory}", "a kernel built with CONFIG_HUGETLBFS");
        }

        List<string> found = [];
        ulong free = 0;
        foreach (string size in sizes)
        {
            ulong pages = Number(room.Text(Path.Combine(directory, size, "free_hugepages")));
            free += pages;
            found.Add(string.Create(CultureInfo.InvariantCulture, $"{pages} of {Number(room.Text(Path.Combine(directory, size, "nr_hugepages")))} free of {size[prefix.Length..].Replace(suffix, " KiB", StringComparison.Ordinal)}"));
        }

        string detail = string.Join(", ", found);
        return free > 0 ? DoctorCheck.Works(area, area, detail) : new(area, area, DoctorState.Missing, detail, "sudo sysctl vm.nr_hugepages=64");
    }

    private static ulong Number(string? text) => ulong.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out ulong number) ? number : 0;
}
