using System.Globalization;

namespace DmaBuf.Linux.Tests;

/// <summary>The huge pages of 2 MiB that this machine has set aside.</summary>
internal static class HugePages
{
    private const string FreePath = "/sys/kernel/mm/hugepages/hugepages-2048kB/free_hugepages";

    internal static ulong Free => File.Exists(FreePath) ? ulong.Parse(File.ReadAllText(FreePath), CultureInfo.InvariantCulture) : 0;
}
