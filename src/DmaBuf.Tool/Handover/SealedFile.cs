using System.Security.Cryptography;
using DmaBuf.Linux;

namespace DmaBuf.Tool;

/// <summary>A file's bytes, copied once into memory that nobody can change any more, and their SHA-256. Owns the memory.</summary>
internal sealed class SealedFile : IDisposable
{
    private const int ChunkBytes = 1 << 20;

    private SealedFile(MemoryFile memory, string sha256)
    {
        Memory = memory;
        Sha256 = sha256;
    }

    internal MemoryFile Memory { get; }

    internal string Sha256 { get; }

    /// <summary>Reads all of a file. Whether there is memory enough is asked before any is taken.</summary>
    /// <exception cref="BadUseException">No such file, or it is empty.</exception>
    /// <exception cref="DmaBufException">ENOMEM: not enough memory. EIO: the file became shorter meanwhile.</exception>
    internal static async Task<SealedFile> CopyAsync(string path, CancellationToken cancellationToken)
    {
        using FileStream file = Open(path);
        ulong length = (ulong)file.Length;
        if (length == 0)
        {
            throw new BadUseException($"{path} is empty, and a buffer has at least one byte; write something into it, or give a regular file (devices and pipes have no length)");
        }

        MemoryFile memory = MemoryFile.Create(BufferName.Of(Path.GetFileName(path)), length);
        try
        {
            string sha256 = await FillAsync(memory, file, path, cancellationToken).ConfigureAwait(false);
            memory.Seal(MemorySeals.Frozen);
            return new SealedFile(memory, sha256);
        }
        catch
        {
            memory.Dispose();
            throw;
        }
    }

    public void Dispose() => Memory.Dispose();

    private static FileStream Open(string path)
    {
        try
        {
            return new FileStream(path, new FileStreamOptions { Options = FileOptions.SequentialScan, BufferSize = 0 });
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException or ArgumentException)
        {
            throw new BadUseException($"{path} cannot be read ({exception.Message.ReplaceLineEndings(" ")}); give the path of a file");
        }
    }

    private static async Task<string> FillAsync(MemoryFile memory, FileStream file, string path, CancellationToken cancellationToken)
    {
        using MemoryMapping mapping = memory.Map(MemoryProtection.ReadWrite);
        using IncrementalHash hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        // Read straight into the shared pages: this is the one copy.
        await Task.Run(
            () =>
            {
                for (ulong offset = 0; offset < memory.Length;)
                {
                    cancellationToken.ThrowIfCancellationRequested();
                    Span<byte> window = mapping.Window(offset, (int)Math.Min(ChunkBytes, memory.Length - offset));
                    int read = file.Read(window);
                    if (read == 0)
                    {
                        throw new DmaBufException(Errno.EIO, $"Reading {path} ended after {offset} of {memory.Length} bytes: it became shorter meanwhile. Share it when nobody writes it.");
                    }

                    hash.AppendData(window[..read]);
                    offset += (ulong)read;
                }
            },
            cancellationToken).ConfigureAwait(false);
        return Convert.ToHexStringLower(hash.GetHashAndReset());
    }
}
