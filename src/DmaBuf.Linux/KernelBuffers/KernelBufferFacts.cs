using System.Globalization;
using System.Runtime.InteropServices;

namespace DmaBuf.Linux;

/// <summary>What the kernel says of a dma-buf in <c>/proc/self/fdinfo</c>. A snapshot: the name and the number of holders change.</summary>
/// <remarks>Immutable, thus safe to share between threads.</remarks>
/// <param name="Length">Bytes (<c>size</c>); final.</param>
/// <param name="ExporterName">Who made it in the kernel (<c>exp_name</c>): <c>system</c>, <c>udmabuf</c>, <c>drm</c>; final.</param>
/// <param name="Name">What somebody called it (<c>name</c>); null if nobody did.</param>
/// <param name="References">How many references the kernel counts (<c>count</c>): descriptors, mappings and importers together, in all processes.</param>
/// <param name="Access">What this descriptor lets its holder do.</param>
public sealed record KernelBufferFacts(ulong Length, string ExporterName, string? Name, ulong References, CpuAccess Access)
{
    private const int AccessModeMask = 3;

    /// <summary>Null if the descriptor is no dma-buf, or if <c>/proc</c> does not tell.</summary>
    internal static KernelBufferFacts? Read(SafeHandle descriptor)
    {
        using DescriptorPath path = new(descriptor);
        return File.Exists(path.Information) ? Parse(File.ReadAllText(path.Information)) : null;
    }

    /// <summary>Null if the text is not that of a dma-buf.</summary>
    /// <remarks>The name stands last and is whatever somebody chose, lines included: so the first line of each kind counts, and a name goes on to the end.</remarks>
    internal static KernelBufferFacts? Parse(string text)
    {
        if (!ulong.TryParse(Find(text, "size"), NumberStyles.None, CultureInfo.InvariantCulture, out ulong length)
            || Find(text, "exp_name") is not { Length: > 0 } exporter)
        {
            return null;
        }

        _ = ulong.TryParse(Find(text, "count"), NumberStyles.None, CultureInfo.InvariantCulture, out ulong references);
        return new(length, exporter, FindName(text), references, AccessOf(Find(text, "flags")));
    }

    private static string? Find(string text, string key)
    {
        foreach (ReadOnlySpan<char> line in text.AsSpan().EnumerateLines())
        {
            if (line.StartsWith(key, StringComparison.Ordinal) && line.Length > key.Length && line[key.Length] == ':')
            {
                return line[(key.Length + 1)..].Trim().ToString();
            }
        }

        return null;
    }

    private static string? FindName(string text)
    {
        const string Key = "\nname:\t";
        int start = text.IndexOf(Key, StringComparison.Ordinal);
        string name = start < 0 ? "" : text[(start + Key.Length)..];
        name = name.EndsWith('\n') ? name[..^1] : name;
        return name.Length == 0 ? null : name;
    }

    /// <summary>The flags are octal; their last two bits are O_RDONLY, O_WRONLY or O_RDWR. Nothing can be mapped for writing alone.</summary>
    private static CpuAccess AccessOf(string? flags) =>
        flags is { Length: > 0 } && ((flags[^1] - '0') & AccessModeMask) == Libc.O_RDWR ? CpuAccess.ReadWrite : CpuAccess.Read;
}
