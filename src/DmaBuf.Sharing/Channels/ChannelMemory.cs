using Microsoft.Win32.SafeHandles;

namespace DmaBuf.Sharing;

/// <summary>One piece of a channel's memory as one process has it: the file, where this process keeps it open, and its mapping.</summary>
/// <remarks>Owns both. For the threads of its owner, which ends all use before it disposes.</remarks>
internal sealed class ChannelMemory : IDisposable
{
    private readonly MemoryFile _file;

    private ChannelMemory(MemoryFile file, MemoryMapping mapping)
    {
        _file = file;
        Mapping = mapping;
        Words = new MemoryWords(mapping);
    }

    internal MemoryMapping Mapping { get; }

    internal MemoryWords Words { get; }

    internal MemoryFile File => _file;

    /// <summary>Memory that this process writes and others only read: it is mapped first, then sealed against every writer that is not mapped yet.</summary>
    internal static ChannelMemory CreateForReaders(string name, ulong length) => Create(name, length, MemorySeals.ReadOnly);

    /// <summary>Memory that both ends write.</summary>
    internal static ChannelMemory CreateForBoth(string name, ulong length) => Create(name, length, MemorySeals.FixedSize);

    /// <summary>Takes over a descriptor that a publisher sent, after checks, and maps all of it; on failure it stays the caller's, or is closed.</summary>
    internal static ChannelMemory Adopt(SafeFileHandle descriptor, ulong minimumLength, bool isReadOnly)
    {
        MemoryFile file = MemoryFile.Adopt(descriptor, new() { MinimumLength = minimumLength, ReadOnly = isReadOnly });
        try
        {
            return new(file, file.Map(isReadOnly ? MemoryProtection.Read : MemoryProtection.ReadWrite));
        }
        catch
        {
            file.Dispose();
            throw;
        }
    }

    public void Dispose()
    {
        Mapping.Dispose();
        _file.Dispose();
    }

    /// <summary>Closes the descriptor and keeps the mapping.</summary>
    internal void CloseFile() => _file.Dispose();

    private static ChannelMemory Create(string name, ulong length, MemorySeals seals)
    {
        MemoryFile file = MemoryFile.Create(name, length);
        try
        {
            MemoryMapping mapping = file.Map(MemoryProtection.ReadWrite);
            try
            {
                file.Seal(seals);
                return new(file, mapping);
            }
            catch
            {
                mapping.Dispose();
                throw;
            }
        }
        catch
        {
            file.Dispose();
            throw;
        }
    }
}
