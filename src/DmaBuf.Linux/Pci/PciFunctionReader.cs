using System.Globalization;

namespace DmaBuf.Linux;

/// <summary>Reads one folder below <c>bus/pci/devices</c>. A file that cannot be read says nothing; a folder that is gone is no function any more.</summary>
internal static class PciFunctionReader
{
    private const string HostBridgePrefix = "pci";

    internal static PciFunctionFacts? TryRead(string entry)
    {
        string address = Path.GetFileName(entry);
        string? place = TryResolve(entry);
        if (!PciAddress.TryParse(address, out _) || place is null || TryReadNumber(entry, "vendor") is not { } vendor || TryReadNumber(entry, "device") is not { } device)
        {
            return null;
        }

        (string? upstream, string hostBridge) = Ancestry(place);
        return new PciFunctionFacts(
            address, upstream, hostBridge, new PciConfigSpace(TryReadBytes(Path.Combine(entry, "config"))), ((ushort)vendor, (ushort)device, (uint)(TryReadNumber(entry, "class") ?? 0)),
            SysfsPciBar.Parse(TryReadText(Path.Combine(entry, "resource")) ?? string.Empty), TryReadLinkName(Path.Combine(entry, "driver")),
            int.TryParse(TryReadLinkName(Path.Combine(entry, "iommu_group")), NumberStyles.None, CultureInfo.InvariantCulture, out int group) ? group : null,
            int.TryParse(TryReadText(Path.Combine(entry, "numa_node"))?.Trim(), NumberStyles.None, CultureInfo.InvariantCulture, out int node) ? node : null);
    }

    /// <summary>A driver that makes a PCI bus of its own (a volume management device) starts a new host bridge within the path; only what comes after the last one counts.</summary>
    private static (string? Upstream, string HostBridge) Ancestry(string place)
    {
        string? upstream = null;
        string hostBridge = string.Empty;
        foreach (string part in Path.GetDirectoryName(place)!.Split('/'))
        {
            if (PciAddress.TryParse(part, out _))
            {
                upstream = part;
            }
            else if (part.StartsWith(HostBridgePrefix, StringComparison.Ordinal))
            {
                (upstream, hostBridge) = (null, part);
            }
        }

        return (upstream, hostBridge);
    }

    private static string? TryResolve(string entry)
    {
        try
        {
            return new DirectoryInfo(entry).ResolveLinkTarget(returnFinalTarget: true)?.FullName ?? entry;
        }
        catch (IOException)
        {
            return null;
        }
    }

    private static string? TryReadLinkName(string link)
    {
        try
        {
            return Path.GetFileName(new DirectoryInfo(link).LinkTarget);
        }
        catch (IOException)
        {
            return null;
        }
    }

    private static long? TryReadNumber(string entry, string file)
    {
        string? text = TryReadText(Path.Combine(entry, file))?.Trim();
        return text is not null && text.StartsWith("0x", StringComparison.Ordinal)
            && long.TryParse(text.AsSpan(2), NumberStyles.AllowHexSpecifier, CultureInfo.InvariantCulture, out long number)
            ? number
            : null;
    }

    private static string? TryReadText(string path)
    {
        try
        {
            return File.ReadAllText(path);
        }
        catch (Exception unreadable) when (unreadable is IOException or UnauthorizedAccessException)
        {
            return null;
        }
    }

    /// <summary>sysfs tells 4096 bytes or 256 as the length and gives 64 without privilege, so what comes counts.</summary>
    private static byte[] TryReadBytes(string path)
    {
        try
        {
            using FileStream file = new(path, FileMode.Open, FileAccess.Read, FileShare.ReadWrite, bufferSize: 0);
            byte[] bytes = new byte[4096];
            int length = file.ReadAtLeast(bytes, bytes.Length, throwOnEndOfStream: false);
            return bytes[..length];
        }
        catch (Exception unreadable) when (unreadable is IOException or UnauthorizedAccessException)
        {
            return [];
        }
    }
}
