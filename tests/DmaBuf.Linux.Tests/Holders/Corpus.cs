namespace DmaBuf.Linux.Tests;

/// <summary>Texts that Linux 7.3.4 wrote about seven buffers: without a name, with an ordinary one, and with names that look like fields, rows and paths.</summary>
internal static class Corpus
{
    internal static byte[] Read(string name)
    {
        using Stream stream = typeof(Corpus).Assembly.GetManifestResourceStream($"corpus/{name}.txt")!;
        byte[] bytes = new byte[stream.Length];
        stream.ReadExactly(bytes);
        return bytes;
    }
}
