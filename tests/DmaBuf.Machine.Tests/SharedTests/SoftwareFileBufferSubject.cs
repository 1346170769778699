namespace DmaBuf.Machine.Tests.SharedTests;

/// <summary>Files of the software machine.</summary>
internal sealed class SoftwareFileBufferSubject : FileBufferSubject
{
    private readonly SoftwareMachine _machine = SoftwareMachine.CreateSample();
    private readonly List<RamFile> _files = [];

    public override void MakeFile(bool shrink, bool write)
    {
        RamFile file = new(_machine, 4 * Page);
        file.AddSeals((shrink ? RamFileSeals.Shrink : RamFileSeals.None) | (write ? RamFileSeals.Write : RamFileSeals.None));
        _files.Add(file);
    }

    public override void CloseFile(int file) => _files[file].Dispose();

    public override void Mark(int file, int page, byte value)
    {
        using DmaBuffer window = WindowOf(file, page);
        ((MachineExporter)window.Exporter).Write(0, [value]);
    }

    public override byte LookAt(int file, int page)
    {
        using DmaBuffer window = WindowOf(file, page);
        return SoftwareSubject.Look(window, 0, 1)[0];
    }

    public override DmaBuffer Export(params (int File, ulong Offset, ulong Length)[] parts) =>
        UserMemoryExporter.Export(_machine, [.. parts.Select(part => new RamFilePart(_files[part.File], part.Offset, part.Length))]);

    public override IBufferUser Attach(DmaBuffer buffer) => new SoftwareBufferUser(_machine.GetEngine(SampleMachine.IommuEngine), buffer);

    public override ValueTask DisposeAsync()
    {
        _files.ForEach(static file => file.Dispose());
        return base.DisposeAsync();
    }

    public override string? FindLeftovers() => SoftwareSubject.Leftovers(_machine);

    /// <summary>The file's page, as its program sees it.</summary>
    private DmaBuffer WindowOf(int file, int page) => UserMemoryExporter.Export(_machine, [new RamFilePart(_files[file], (ulong)page * Page, Page)]);
}
