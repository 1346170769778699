using System.Text;

namespace DmaBuf.Tool;

/// <summary>Reads a text that describes something: a negotiation, a machine.</summary>
internal static class DescriptionFile
{
    private const int MaximumCharacters = 1 << 20;
    private const int PieceCharacters = 64 << 10;

    /// <summary>On another thread: opening a pipe or reading a terminal waits for somebody, and Ctrl-C must end that wait.</summary>
    /// <exception cref="BadUseException">There is no such file, it cannot be read, or it is too long.</exception>
    internal static Task<string> ReadAsync(string name, CancellationToken cancellationToken, int maximumCharacters = MaximumCharacters)
        => Task.Run(() => Read(name, maximumCharacters), cancellationToken).WaitAsync(cancellationToken);

    /// <summary>How complaints name it.</summary>
    internal static string Title(string name) => name == "-" ? "standard input" : name;

    private static string Read(string name, int maximumCharacters)
    {
        using TextReader reader = name == "-" ? Console.In : OpenFile(name);
        StringBuilder text = new();
        char[] piece = new char[PieceCharacters];
        for (int length; (length = reader.ReadBlock(piece)) > 0;)
        {
            text.Append(piece, 0, length);
            if (text.Length > maximumCharacters)
            {
                throw new BadUseException($"{name} is longer than {maximumCharacters} characters, which no description is; give another file");
            }
        }

        return text.ToString();
    }

    private static StreamReader OpenFile(string name)
    {
        if (name.Length == 0 || Directory.Exists(name))
        {
            throw new BadUseException($"'{name}' is {(name.Length == 0 ? "no file name" : "a directory")}; give the path of a JSON file");
        }

        try
        {
            return new StreamReader(name);
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException or ArgumentException)
        {
            throw new BadUseException($"{name} cannot be read ({exception.Message.ReplaceLineEndings(" ")}); give the path of a JSON file");
        }
    }
}
