using System.Globalization;

namespace DmaBuf.Linux;

/// <summary>How much the udmabuf driver takes (<c>/sys/module/udmabuf/parameters</c>).</summary>
/// <remarks>Immutable, thus safe to share between threads.</remarks>
/// <param name="MaximumParts">Parts of one buffer (<c>list_limit</c>).</param>
/// <param name="MaximumBytes">Bytes of one buffer (<c>size_limit_mb</c>).</param>
public sealed record UserMemoryLimits(ulong MaximumParts, ulong MaximumBytes)
{
    private const string Folder = "sys/module/udmabuf/parameters";

    /// <summary>Where the kernel does not say: nothing is predicted then, and the driver answers for itself.</summary>
    private static readonly UserMemoryLimits Unknown = new(uint.MaxValue, ulong.MaxValue);

    /// <summary>Reads them; the administrator may change them at any time.</summary>
    public static UserMemoryLimits Read()
    {
        LinuxOnly.Ensure();
        return Read("/");
    }

    internal static UserMemoryLimits Read(string root)
    {
        ulong parts = ReadNumber(Path.Combine(root, Folder, "list_limit")) ?? Unknown.MaximumParts;
        ulong? mebibytes = ReadNumber(Path.Combine(root, Folder, "size_limit_mb"));
        return new(parts, mebibytes << 20 ?? Unknown.MaximumBytes);
    }

    private static ulong? ReadNumber(string path)
    {
        try
        {
            return ulong.TryParse(File.ReadAllText(path).Trim(), NumberStyles.None, CultureInfo.InvariantCulture, out ulong number) ? number : null;
        }
        catch (Exception error) when (error is IOException or UnauthorizedAccessException)
        {
            return null;
        }
    }
}
