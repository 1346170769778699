namespace DmaBuf.Machine.Tests.SharedTests;

// What the software machine passes of the tests that a kernel passes too, one class a world: tests/Shared/README.md.

public sealed class SoftwareIommuFdDmaTests : DeviceDmaTests
{
    protected override Task<DmaSubject> MakeSubjectAsync() => Task.FromResult<DmaSubject>(new SoftwareIommuFdSubject());
}

public sealed class SoftwareTableDmaTests : DeviceDmaTests
{
    protected override Task<DmaSubject> MakeSubjectAsync() => Task.FromResult<DmaSubject>(new SoftwareTableSubject());
}

public sealed class SoftwareChosenAddressTests : ChosenAddressTests
{
    protected override Task<DmaSubject> MakeSubjectAsync() => Task.FromResult<DmaSubject>(new SoftwareIommuFdSubject());
}

public sealed class SoftwareAddressSpaceCallTests : AddressSpaceCallTests
{
    protected override Task<AddressSpaceSubject> MakeSubjectAsync() => Task.FromResult<AddressSpaceSubject>(new SoftwareAddressSpaceSubject());
}

public sealed class SoftwareHeapBufferTests : BufferTests
{
    protected override Task<BufferSubject> MakeSubjectAsync() =>
        Task.FromResult<BufferSubject>(new SoftwareBufferSubject(static machine => new SystemHeap(machine).Allocate(4 * DmaBuf.SharedTests.Subject.Page)));
}

public sealed class SoftwareUserMemoryBufferTests : BufferTests
{
    protected override Task<BufferSubject> MakeSubjectAsync() => Task.FromResult<BufferSubject>(new SoftwareBufferSubject(static machine =>
    {
        using RamFile file = new(machine, 4 * DmaBuf.SharedTests.Subject.Page);
        file.AddSeals(RamFileSeals.Shrink);
        return UserMemoryExporter.Export(machine, [new RamFilePart(file, 0, file.Length)]);
    }));
}

public sealed class SoftwareSystemHeapAllocationTests : HeapAllocationTests
{
    protected override Task<HeapSubject> MakeSubjectAsync() => Task.FromResult<HeapSubject>(new SoftwareHeapSubject(static machine => new SystemHeap(machine)));
}

public sealed class SoftwareContiguousHeapAllocationTests : HeapAllocationTests
{
    protected override Task<HeapSubject> MakeSubjectAsync() => Task.FromResult<HeapSubject>(new SoftwareHeapSubject(static machine => new ContiguousHeap(machine, 16 << 20)));
}

public sealed class SoftwareFileBufferTests : FileBufferTests
{
    protected override Task<FileBufferSubject> MakeSubjectAsync() => Task.FromResult<FileBufferSubject>(new SoftwareFileBufferSubject());
}
