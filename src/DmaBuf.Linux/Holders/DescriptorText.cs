using System.Text;

namespace DmaBuf.Linux;

/// <summary>
/// What <c>/proc/PID/fdinfo/FD</c> says of a dma-buf. The name comes last and is its user's: it may hold anything, lines that look like other fields included, so the first of
/// each field counts and the name is all that follows.
/// </summary>
/// <param name="Inode">Of kernels since 5.14; null before.</param>
/// <param name="Size">Bytes; null if this is no dma-buf.</param>
/// <param name="References">Of the file, as the kernel counts them.</param>
/// <param name="Exporter">The exporter's name.</param>
/// <param name="Name">What a user called it; null if nobody did.</param>
internal readonly record struct DescriptorText(ulong? Inode, ulong? Size, ulong? References, string? Exporter, string? Name)
{
    /// <summary>Names are shorter in every kernel; more is cut off.</summary>
    internal const int MaximumNameBytes = 256;

    internal static DescriptorText Parse(ReadOnlySpan<byte> text)
    {
        ulong? inode = null, size = null, references = null;
        string? exporter = null;
        while (!text.IsEmpty)
        {
            if (text.StartsWith("name:\t"u8))
            {
                return new(inode, size, references, exporter, NameIn(text["name:\t"u8.Length..]));
            }

            int end = text.IndexOf((byte)'\n');
            ReadOnlySpan<byte> line = end < 0 ? text : text[..end];
            text = end < 0 ? default : text[(end + 1)..];
            inode ??= Number(line, "ino:\t"u8);
            size ??= Number(line, "size:\t"u8);
            references ??= Number(line, "count:\t"u8);
            if (exporter is null && line.StartsWith("exp_name:\t"u8))
            {
                exporter = Cut(line["exp_name:\t"u8.Length..]);
            }
        }

        return new(inode, size, references, exporter, null);
    }

    internal static string Cut(ReadOnlySpan<byte> name) => Encoding.UTF8.GetString(name[..Math.Min(name.Length, MaximumNameBytes)]);

    private static string? NameIn(ReadOnlySpan<byte> rest)
    {
        ReadOnlySpan<byte> name = rest.EndsWith("\n"u8) ? rest[..^1] : rest;
        return name.IsEmpty ? null : Cut(name);
    }

    private static ulong? Number(ReadOnlySpan<byte> line, ReadOnlySpan<byte> field) =>
        line.StartsWith(field) && KernelNumber.TryParse(line[field.Length..].Trim(" \t"u8), out ulong value) ? value : null;
}
