using DmaBuf.Samples.Vfio;

namespace DmaBuf.Linux.Tests.SharedTests;

/// <summary>Memory files as buffers of a real device, and its page of staging memory, through which it gets what it shall write and gives what it has read.</summary>
internal abstract class LabDmaSubject : DmaSubject
{
    private readonly LabInterface _through;
    private readonly Dictionary<DmaBuffer, MemoryMapping> _seen = [];

    /// <summary>Two pages: what goes to memory, and what comes from there.</summary>
    private readonly DmaMemory _staging;

    protected LabDmaSubject(LabInterface through)
    {
        _through = through;
        _staging = DmaMemory.Create("dmabuf-test staging", 2 * Page, buffer => through.Attach(buffer));
    }

    public override DmaBuffer Export(int pages)
    {
        MemoryFile file = MemoryFile.Create("dmabuf-test shared", (ulong)pages * Page);
        file.Seal(MemorySeals.FixedSize);
        MemoryMapping seen = file.Map(MemoryProtection.ReadWrite);
        DmaBuffer buffer = MemoryFileExporter.Export(file);
        _seen.Add(buffer, seen);
        return buffer;
    }

    public override DeviceMapping Map(DmaBuffer buffer, DmaDirection direction, DmaAddress? at)
    {
        DescriptorAttachment attachment = _through.Attach(buffer, direction, at);
        return DeviceMapping.Of(ImportedDmaRange.Of(attachment).Start, buffer.Size, attachment.Dispose);
    }

    public override (DmaBuffer Buffer, string Property) ExportForeign() => _through.ExportForeign();

    public override byte[] Look(DmaBuffer buffer, int page = 0) => _seen[buffer].ReadOnlyWindow((ulong)page * Page, (int)Page).ToArray();

    public override void Fill(DmaBuffer buffer, byte[] bytes, int page = 0) => bytes.CopyTo(_seen[buffer].Window((ulong)page * Page, (int)Page));

    public override async Task WriteAsync(DmaAddress to, byte[] page)
    {
        _staging.Write(0, page);
        await MoveAsync(_staging.AddressOf(0), to);
    }

    public override async Task<byte[]> ReadAsync(DmaAddress from)
    {
        // Nothing that was there before may look like what was read: neither in memory nor in the device.
        _staging.Write(0, new byte[Page]);
        await MoveAsync(_staging.AddressOf(0), _staging.AddressOf(Page));
        await MoveAsync(from, _staging.AddressOf(Page));
        return _staging.Read(Page, (int)Page);
    }

    public override ValueTask DisposeAsync()
    {
        _staging.Dispose();
        foreach (MemoryMapping mapping in _seen.Values)
        {
            mapping.Dispose();
        }

        _through.Dispose();
        return base.DisposeAsync();
    }

    public override string? FindLeftovers() => LabLeftovers.Find();

    /// <summary>The device copies one page.</summary>
    protected abstract Task MoveAsync(DmaAddress from, DmaAddress to);
}
