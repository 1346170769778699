using System.Globalization;
using System.Text;
using Microsoft.Win32.SafeHandles;

namespace DmaBuf.Linux;

/// <summary>
/// One reading of all sources. The order matters for speed: links are read without making strings, and only those that lead to a buffer cost a look into fdinfo; what is asked about a
/// process itself is asked only of holders.
/// </summary>
internal sealed unsafe class KernelBufferReading(KernelBufferSnapshotOptions options)
{
    private const int LinkBytes = 4096;

    private readonly NumberedEntries _entries = new();
    private readonly KernelTextFile _file = new();
    private readonly KernelBufferJoin _join = new();
    private readonly List<int> _descriptors = [];
    private readonly List<MappedBuffer> _mappings = [];
    private readonly List<UnreadableProcess> _unreadable = [];
    private readonly List<UnreadableSource> _sources = [];
    private readonly byte[] _link = new byte[LinkBytes];

    /// <summary>How many texts were read: three for a holder, one for everybody else, and one for each descriptor of a dma-buf.</summary>
    internal int TextsRead => _file.Opened;

    internal KernelBufferSnapshot Read()
    {
        DateTimeOffset now = DateTimeOffset.UtcNow;
        List<int> processes = ReadProcessNumbers();
        processes.RemoveAll(process => !ReadProcess(process));

        ReadBufferInfo();
        ReadBufferDirectory();
        return new(now, processes, _join.ToRecords(), _unreadable, _sources);
    }

    private List<int> ReadProcessNumbers()
    {
        List<int> numbers = [];
        using SafeFileHandle directory = Open(options.ProcessRoot);
        Errno errno = directory.IsInvalid ? NativeError.Last : _entries.Read(directory, numbers);
        return errno == Errno.None ? numbers : throw NativeError.Failure(errno, $"Listing the processes in {options.ProcessRoot}", errno == Errno.ENOENT
            ? "Mount proc there, or name the directory where it is."
            : NativeError.CommonRemedy(errno));
    }

    /// <returns>Whether it lives and has memory of its own: false for a process that ended, and for the kernel's threads.</returns>
    private bool ReadProcess(int process)
    {
        string folder = string.Create(CultureInfo.InvariantCulture, $"{options.ProcessRoot}/{process}");
        bool hasMemory = false;
        Errno errno = ReadDescriptors(process, folder);
        errno = errno == Errno.None ? ReadMappings(process, folder, out hasMemory) : errno;
        if (errno is not (Errno.None or Errno.ENOENT or Errno.ESRCH) && !IsOfKernel(folder))
        {
            hasMemory = true;
            _unreadable.Add(new(process, errno));
        }

        if (_join.HolderOf(process) is { } holder)
        {
            Introduce(holder, folder);
        }

        return hasMemory;
    }

    private Errno ReadDescriptors(int process, string folder)
    {
        using SafeFileHandle directory = Open(folder + "/fd");
        if (directory.IsInvalid)
        {
            return NativeError.Last;
        }

        Errno errno = _entries.Read(directory, _descriptors);
        Span<byte> name = stackalloc byte[16];
        foreach (int descriptor in _descriptors)
        {
            descriptor.TryFormat(name, out int digits, default, CultureInfo.InvariantCulture);
            name[digits] = 0;
            ReadOnlySpan<byte> link = ReadLink(directory, name);
            if (BufferLink.KindOf(link) is { } kind && (kind == OpenFileKind.DmaBuffer || options.IncludeMemoryFiles))
            {
                ReadDescriptor(process, folder, descriptor, kind, BufferLink.NameOf(link));
            }
        }

        return errno;
    }

    private ReadOnlySpan<byte> ReadLink(SafeFileHandle directory, ReadOnlySpan<byte> name)
    {
        nint length;
        fixed (byte* path = name, buffer = _link)
        {
            // SAFETY: the name ends with a zero, and the kernel writes at most the buffer's length.
            length = Libc.readlinkat(directory, path, buffer, LinkBytes);
        }

        return length > 0 ? _link.AsSpan(0, (int)length) : default;
    }

    private void ReadDescriptor(int process, string folder, int descriptor, OpenFileKind kind, string name)
    {
        string number = descriptor.ToString(CultureInfo.InvariantCulture);
        // Of a memory file fdinfo says nothing that its status does not say, too.
        DescriptorText text = kind == OpenFileKind.DmaBuffer && _file.Read($"{folder}/fdinfo/{number}", out ReadOnlySpan<byte> bytes) == Errno.None ? DescriptorText.Parse(bytes) : default;
        Libc.Statx status = default;
        bool hasStatus = text.Inode is null && Libc.statx_path(Libc.AT_FDCWD, $"{folder}/fd/{number}", 0, Libc.STATX_BASIC_STATS, &status) == 0;
        if ((text.Inode ?? (hasStatus ? status.stx_ino : null)) is not { } inode)
        {
            return; // closed since its link was read
        }

        BufferKey key = BufferKey.Of(kind, hasStatus ? OpenFileFacts.IdentityOf(status) : new(0, 0, inode));
        KernelBufferDraft draft = _join.BufferOf(key);
        draft.Size ??= text.Size ?? (hasStatus && kind == OpenFileKind.MemoryFile ? status.stx_size : null);
        draft.Exporter ??= text.Exporter;
        draft.References ??= text.References;
        draft.Name ??= text.Name ?? (name.Length > 0 ? name : null);
        draft.HolderOf(_join.Process(process)).Descriptors.Add(descriptor);
    }

    private Errno ReadMappings(int process, string folder, out bool hasMemory)
    {
        Errno errno = _file.Read(folder + "/maps", out ReadOnlySpan<byte> text);
        hasMemory = text.Length > 0;
        _mappings.Clear();
        MappedBuffer.Find(text, options.IncludeMemoryFiles, _mappings);
        foreach (MappedBuffer mapped in _mappings)
        {
            KernelBufferDraft draft = _join.BufferOf(BufferKey.Of(mapped.Kind, mapped.Identity));
            draft.MappedName ??= mapped.Name.Length > 0 ? mapped.Name : null;
            draft.HolderOf(_join.Process(process)).Mappings.Add(mapped.Mapping);
        }

        return errno;
    }

    private bool IsOfKernel(string folder) =>
        _file.Read(folder + "/stat", out ReadOnlySpan<byte> text) == Errno.None && ProcessText.TryParse(text, out ProcessText process) && process.IsKernelThread;

    private void Introduce(HolderDraft holder, string folder)
    {
        if (_file.Read(folder + "/stat", out ReadOnlySpan<byte> text) == Errno.None && ProcessText.TryParse(text, out ProcessText process))
        {
            (holder.Command, holder.StartTime) = (process.Command, process.StartTime);
        }

        holder.UserId = _file.Read(folder + "/status", out text) == Errno.None ? ProcessText.EffectiveUser(text) : null;
    }

    private void ReadBufferInfo()
    {
        string path = options.SystemRoot + "/kernel/debug/dma_buf/bufinfo";
        Errno errno = _file.Read(path, out ReadOnlySpan<byte> text);
        if (errno != Errno.None)
        {
            _sources.Add(new(path, errno));
            return;
        }

        foreach (BufferInfoText buffer in BufferInfoText.Parse(text))
        {
            KernelBufferDraft draft = _join.BufferOf(BufferKey.Of(OpenFileKind.DmaBuffer, new(0, 0, buffer.Inode)));
            draft.Size ??= buffer.Size;
            draft.Exporter ??= buffer.Exporter;
            draft.References ??= buffer.References;
            draft.Name ??= buffer.Name;
            draft.Devices ??= buffer.Devices;
            draft.Fences ??= buffer.Fences;
        }
    }

    /// <summary>A directory for each buffer, named by its inode: kernels from 5.12 on with <c>CONFIG_DMABUF_SYSFS_STATS</c>.</summary>
    private void ReadBufferDirectory()
    {
        string path = options.SystemRoot + "/kernel/dmabuf/buffers";
        using SafeFileHandle directory = Open(path);
        List<int> inodes = [];
        Errno errno = directory.IsInvalid ? NativeError.Last : _entries.Read(directory, inodes);
        if (errno != Errno.None)
        {
            _sources.Add(new(path, errno));
        }

        foreach (int inode in inodes)
        {
            string folder = string.Create(CultureInfo.InvariantCulture, $"{path}/{inode}");
            ulong? size = _file.Read(folder + "/size", out ReadOnlySpan<byte> text) == Errno.None && KernelNumber.TryParse(text.Trim(" \n"u8), out ulong value) ? value : null;
            string? exporter = _file.Read(folder + "/exporter_name", out text) == Errno.None ? Encoding.UTF8.GetString(text.Trim(" \n"u8)) : null;
            if (size is null && exporter is null)
            {
                continue; // released meanwhile
            }

            KernelBufferDraft draft = _join.BufferOf(BufferKey.Of(OpenFileKind.DmaBuffer, new(0, 0, (ulong)inode)));
            draft.Size ??= size;
            draft.Exporter ??= exporter;
        }
    }

    private static SafeFileHandle Open(string path) => Libc.open(path, Libc.O_RDONLY | Libc.O_CLOEXEC);
}
