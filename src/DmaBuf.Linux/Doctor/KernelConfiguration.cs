using System.IO.Compression;

namespace DmaBuf.Linux;

/// <summary>What the running kernel was built with, where it can be read.</summary>
internal sealed class KernelConfiguration
{
    private const int MaximumCharacters = 4 << 20;

    private readonly Dictionary<string, string> _options;

    private KernelConfiguration(string? source, Dictionary<string, string> options)
    {
        Source = source;
        _options = options;
    }

    /// <summary>Null if no file could be read.</summary>
    internal string? Source { get; }

    /// <param name="paths">The first that can be read is it; one that ends with <c>.gz</c> is compressed.</param>
    internal static KernelConfiguration Find(params string[] paths)
    {
        foreach (string path in paths)
        {
            if (TryRead(path) is { } text)
            {
                return new(path, Parse(text));
            }
        }

        return new(null, []);
    }

    /// <summary><c>y</c>, <c>m</c>, a value, or <c>n</c> if it is not set; null if the configuration is not known.</summary>
    /// <param name="option">Without <c>CONFIG_</c>.</param>
    internal string? Of(string option) => Source is null ? null : _options.GetValueOrDefault(option, "n");

    /// <summary>What brings something into being that is not there: its module, or a kernel that has it.</summary>
    /// <param name="option">Which option builds it, without <c>CONFIG_</c>.</param>
    /// <param name="module">Its module; null if it cannot be one.</param>
    /// <param name="since">The first kernel that has it.</param>
    internal string Remedy(string option, string? module, string since) => (Of(option), module) switch
    {
        ("n", _) => $"a kernel built with CONFIG_{option} (Linux {since} or later); this one is not",
        ("m", { }) => $"sudo modprobe {module}",
        (null, { }) => $"sudo modprobe {module} (CONFIG_{option}, Linux {since} or later)",
        (null, null) => $"a kernel built with CONFIG_{option} (Linux {since} or later)",
        _ => $"CONFIG_{option} is built in, so the node should be there: mount devtmpfs on /dev, or in a container, pass the device through",
    };

    /// <summary>Lines that are no assignment are comments.</summary>
    internal static Dictionary<string, string> Parse(string text)
    {
        Dictionary<string, string> options = new(StringComparer.Ordinal);
        foreach (string line in text.Split('\n'))
        {
            int equals = line.IndexOf('=', StringComparison.Ordinal);
            if (line.StartsWith("CONFIG_", StringComparison.Ordinal) && equals > 0)
            {
                options[line["CONFIG_".Length..equals]] = line[(equals + 1)..].Trim().Trim('"');
            }
        }

        return options;
    }

    private static string? TryRead(string path)
    {
        try
        {
            if (!File.Exists(path))
            {
                return null;
            }

            using FileStream file = File.OpenRead(path);
            using Stream plain = path.EndsWith(".gz", StringComparison.Ordinal) ? new GZipStream(file, CompressionMode.Decompress) : file;
            using StreamReader reader = new(plain);
            char[] text = new char[MaximumCharacters];
            return new string(text, 0, reader.ReadBlock(text));
        }
        catch (Exception error) when (error is IOException or UnauthorizedAccessException or InvalidDataException)
        {
            return null;
        }
    }
}
