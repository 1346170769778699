using System.Globalization;

namespace DmaBuf.Linux;

/// <summary>Domain, bus, device and function as sysfs writes them.</summary>
internal readonly record struct PciAddress(uint Domain, byte Bus, byte Device, byte Function)
{
    /// <summary>Domain &lt;&lt; 16 | bus &lt;&lt; 8 | device and function.</summary>
    internal uint Id => (Domain << 16) | ((uint)Bus << 8) | ((uint)Device << 3) | Function;

    internal static bool TryParse(ReadOnlySpan<char> text, out PciAddress address)
    {
        address = default;
        int colon = text.IndexOf(':');
        if (colon < 4 || text.Length != colon + 8 || text[colon + 3] != ':' || text[colon + 6] != '.')
        {
            return false;
        }

        if (!uint.TryParse(text[..colon], NumberStyles.AllowHexSpecifier, CultureInfo.InvariantCulture, out uint domain)
            || !byte.TryParse(text.Slice(colon + 1, 2), NumberStyles.AllowHexSpecifier, CultureInfo.InvariantCulture, out byte bus)
            || !byte.TryParse(text.Slice(colon + 4, 2), NumberStyles.AllowHexSpecifier, CultureInfo.InvariantCulture, out byte device)
            || !byte.TryParse(text.Slice(colon + 7, 1), NumberStyles.AllowHexSpecifier, CultureInfo.InvariantCulture, out byte function)
            || device > 31 || function > 7)
        {
            return false;
        }

        address = new PciAddress(domain, bus, device, function);
        return true;
    }
}
