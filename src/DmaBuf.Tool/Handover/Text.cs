using System.Globalization;

namespace DmaBuf.Tool;

/// <summary>Sizes, times and rates as people read them.</summary>
internal static class Text
{
    internal static string Size(ulong bytes) => bytes switch
    {
        < 10UL << 10 => string.Create(CultureInfo.InvariantCulture, $"{bytes} B"),
        < 10UL << 20 => string.Create(CultureInfo.InvariantCulture, $"{bytes / 1024.0:0.#} KiB"),
        < 10UL << 30 => string.Create(CultureInfo.InvariantCulture, $"{bytes / 1048576.0:0.#} MiB"),
        _ => string.Create(CultureInfo.InvariantCulture, $"{bytes / 1073741824.0:0.#} GiB"),
    };

    internal static string Time(TimeSpan time) => time.TotalMilliseconds switch
    {
        < 1 => string.Create(CultureInfo.InvariantCulture, $"{time.TotalMicroseconds:0} µs"),
        < 1000 => string.Create(CultureInfo.InvariantCulture, $"{time.TotalMilliseconds:0.0} ms"),
        _ => string.Create(CultureInfo.InvariantCulture, $"{time.TotalSeconds:0.00} s"),
    };

    internal static double GigabytesPerSecond(ulong bytes, TimeSpan time) => bytes / Math.Max(time.TotalSeconds, 1e-9) / 1e9;

    internal static string Rate(double gigabytesPerSecond) => string.Create(CultureInfo.InvariantCulture, $"{gigabytesPerSecond:0.0} GB/s");

    /// <summary>Two times and rates, because the checksum would hide the memory's own speed.</summary>
    internal static string ReadAndHashed(ulong bytes, TimeSpan read, TimeSpan hash)
        => $"read through the mapping in {Time(read)} ({Rate(GigabytesPerSecond(bytes, read))}), its SHA-256 computed in {Time(hash)} ({Rate(GigabytesPerSecond(bytes, hash))})";

    internal static string Cost(MappingCost cost) => cost == MappingCost.None ? "none" : cost.ToString();
}
