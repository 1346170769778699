namespace DmaBuf.Tool;

/// <summary>A text as a buffer's name: ASCII, at most 31 characters, none that moves a terminal's cursor.</summary>
internal static class BufferName
{
    private const int MaximumLength = 31;

    internal static string Of(string text)
    {
        string name = new([.. text.Take(MaximumLength).Select(static each => each is > ' ' and < '\x7f' ? each : '_')]);
        return name.Length == 0 ? "file" : name;
    }
}
