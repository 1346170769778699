using System.Globalization;

namespace DmaBuf.Linux;

/// <summary>Who made the processor and its family, from <c>/proc/cpuinfo</c>; other architectures than x86 write neither.</summary>
internal static class ProcessorReader
{
    internal static Processor? TryRead(string path)
    {
        ProcessorVendor? vendor = null;
        try
        {
            foreach (string line in File.ReadLines(path))
            {
                int colon = line.IndexOf(':', StringComparison.Ordinal);
                string name = colon < 0 ? string.Empty : line[..colon].Trim();
                if (name == "vendor_id")
                {
                    vendor = line[(colon + 1)..].Trim() switch { "AuthenticAMD" => ProcessorVendor.Amd, "GenuineIntel" => ProcessorVendor.Intel, _ => ProcessorVendor.Other };
                }
                else if (name == "cpu family" && vendor is { } maker && int.TryParse(line.AsSpan(colon + 1), NumberStyles.AllowLeadingWhite, CultureInfo.InvariantCulture, out int family))
                {
                    return new Processor(maker, family);
                }
            }
        }
        catch (Exception unreadable) when (unreadable is IOException or UnauthorizedAccessException)
        {
            // Then it is not known, and only the whitelist speaks.
        }

        return null;
    }
}
