namespace DmaBuf.Linux.Tests.SharedTests;

/// <summary>memfd and udmabuf.</summary>
internal sealed class LabFileBufferSubject : FileBufferSubject
{
    private readonly UserMemoryDevice _device = UserMemoryDevice.Open();
    private readonly List<MemoryFile> _files = [];

    public override void MakeFile(bool shrink, bool write)
    {
        MemoryFile file = MemoryFile.Create("dmabuf-test file", 4 * Page);
        _files.Add(file);
        file.Seal((shrink ? MemorySeals.Shrink : MemorySeals.None) | (write ? MemorySeals.Write : MemorySeals.None));
    }

    public override void CloseFile(int file) => _files[file].Dispose();

    public override void Mark(int file, int page, byte value)
    {
        using MemoryMapping mapping = _files[file].Map(MemoryProtection.ReadWrite);
        mapping.Window((ulong)page * Page, 1)[0] = value;
    }

    public override byte LookAt(int file, int page)
    {
        using MemoryMapping mapping = _files[file].Map(MemoryProtection.Read);
        return mapping.ReadOnlyWindow((ulong)page * Page, 1)[0];
    }

    public override DmaBuffer Export(params (int File, ulong Offset, ulong Length)[] parts) =>
        UserMemoryExporter.Export(_device, [.. parts.Select(part => new UserMemoryPart(_files[part.File], part.Offset, part.Length))]);

    public override IBufferUser Attach(DmaBuffer buffer) => new LabBufferUser(buffer, "user");

    public override ValueTask DisposeAsync()
    {
        _files.ForEach(static file => file.Dispose());
        _device.Dispose();
        return base.DisposeAsync();
    }

    public override string? FindLeftovers() => LabLeftovers.Find();
}
