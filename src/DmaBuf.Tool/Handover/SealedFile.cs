using System.Diagnostics;
using System.Security.Cryptography;
using DmaBuf.Linux;

namespace DmaBuf.Tool;

/// <summary>A file's bytes, copied once into memory that nobody can change any more, and their SHA-256. Owns the memory.</summary>
internal sealed class SealedFile : IDisposable
{
    private SealedFile(MemoryFile memory) => Memory = memory;

    internal MemoryFile Memory { get; }

    internal string Sha256 { get; private set; } = string.Empty;

    /// <summary>How long it took to ask for the memory and to reserve it.</summary>
    internal TimeSpan Reserve { get; private set; }

    /// <summary>How long reading the file and writing the memory took, without the checksum.</summary>
    internal TimeSpan Copy { get; private set; }

    /// <summary>How long the checksum took, of bytes that were just read.</summary>
    internal TimeSpan Hash { get; private set; }

    /// <summary>Reads all of a file. Whether there is memory enough is asked before any is taken.</summary>
    /// <exception cref="DmaBufException">ENOMEM: not enough memory. EIO: the file became shorter meanwhile.</exception>
    internal static SealedFile Make(FileStream source, string path, Action<ulong> progress, CancellationToken cancellationToken)
    {
        long started = Stopwatch.GetTimestamp();
        SealedFile file = new(MemoryFile.Create(BufferName.Of(Path.GetFileName(path)), (ulong)source.Length));
        try
        {
            file.Reserve = Stopwatch.GetElapsedTime(started);
            file.Fill(source, path, progress, cancellationToken);
            file.Memory.Seal(MemorySeals.Frozen);
            return file;
        }
        catch
        {
            file.Dispose();
            throw;
        }
    }

    public void Dispose() => Memory.Dispose();

    private void Fill(FileStream source, string path, Action<ulong> progress, CancellationToken cancellationToken)
    {
        using IncrementalHash hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        byte[] piece = new byte[MemoryFill.PieceBytes];
        for (ulong offset = 0; offset < Memory.Length;)
        {
            cancellationToken.ThrowIfCancellationRequested();
            long started = Stopwatch.GetTimestamp();
            int read = source.Read(piece, 0, (int)Math.Min(MemoryFill.PieceBytes, Memory.Length - offset));
            if (read == 0)
            {
                throw new DmaBufException(Errno.EIO, $"Reading {path} ended after {offset} of {Memory.Length} bytes: it became shorter meanwhile. Share it when nobody writes it.");
            }

            MemoryFill.Write(Memory, offset, piece.AsSpan(0, read));
            long copied = Stopwatch.GetTimestamp();
            hash.AppendData(piece, 0, read);
            Copy += Stopwatch.GetElapsedTime(started, copied);
            Hash += Stopwatch.GetElapsedTime(copied);
            offset += (ulong)read;
            progress((ulong)read);
        }

        Sha256 = Convert.ToHexStringLower(hash.GetHashAndReset());
    }
}
