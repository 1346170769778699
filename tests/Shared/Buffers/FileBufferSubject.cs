namespace DmaBuf.SharedTests;

/// <summary>Memory files, and what makes a buffer of their pages. Files are named by the order in which they were made, from 0.</summary>
public abstract class FileBufferSubject : Subject
{
    /// <summary>Makes a file of four pages.</summary>
    /// <param name="shrink">Sealed against shrinking.</param>
    /// <param name="write">Sealed against writing.</param>
    public abstract void MakeFile(bool shrink = true, bool write = false);

    /// <summary>Closes a file; buffers of its pages live on.</summary>
    public abstract void CloseFile(int file);

    /// <summary>Changes the first byte of a page of a file.</summary>
    public abstract void Mark(int file, int page, byte value);

    /// <summary>The first byte of a page of a file.</summary>
    public abstract byte LookAt(int file, int page);

    /// <summary>Makes a buffer of parts.</summary>
    public abstract DmaBuffer Export(params (int File, ulong Offset, ulong Length)[] parts);

    /// <summary>Attaches somebody who reads and writes the buffer.</summary>
    public abstract IBufferUser Attach(DmaBuffer buffer);
}
