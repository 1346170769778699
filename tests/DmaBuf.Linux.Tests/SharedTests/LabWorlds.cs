namespace DmaBuf.Linux.Tests.SharedTests;

// What real kernels pass of the tests that the software machine passes too, one class a world: tests/Shared/README.md.

[LabMachine(LabMachines.Devices)]
public sealed class TypeOneEduDmaTests : DeviceDmaTests
{
    protected override Task<DmaSubject> MakeSubjectAsync() => LabEduSubject.MakeAsync(new LabInterface.TypeOne());
}

[LabMachine(LabMachines.Devices)]
public sealed class TypeOneNvmeDmaTests : DeviceDmaTests
{
    protected override Task<DmaSubject> MakeSubjectAsync() => LabNvmeSubject.MakeAsync(new LabInterface.TypeOne());
}

[LabMachine(LabMachines.Devices)]
public sealed class TypeOneChosenAddressTests : ChosenAddressTests
{
    protected override Task<DmaSubject> MakeSubjectAsync() => LabEduSubject.MakeAsync(new LabInterface.TypeOne());
}

[LabMachine(LabMachines.IommuFd)]
public sealed class IommuFdEduDmaTests : DeviceDmaTests
{
    protected override Task<DmaSubject> MakeSubjectAsync() => LabEduSubject.MakeAsync(new LabInterface.AddressSpace());
}

[LabMachine(LabMachines.IommuFd)]
public sealed class IommuFdNvmeDmaTests : DeviceDmaTests
{
    protected override Task<DmaSubject> MakeSubjectAsync() => LabNvmeSubject.MakeAsync(new LabInterface.AddressSpace());
}

[LabMachine(LabMachines.IommuFd)]
public sealed class IommuFdChosenAddressTests : ChosenAddressTests
{
    protected override Task<DmaSubject> MakeSubjectAsync() => LabEduSubject.MakeAsync(new LabInterface.AddressSpace());
}

[LabMachine(LabMachines.IommuFd)]
public sealed class IommuFdAddressSpaceCallTests : AddressSpaceCallTests
{
    protected override Task<AddressSpaceSubject> MakeSubjectAsync() => LabAddressSpaceSubject.MakeAsync();
}

[LabMachine(LabMachines.Buffers)]
public sealed class SystemHeapBufferTests : BufferTests
{
    protected override Task<BufferSubject> MakeSubjectAsync() => Task.FromResult<BufferSubject>(new LabBufferSubject(static () => KernelBufferExporter.Export(BuffersLab.Allocate(8192))));
}

[LabMachine(LabMachines.Buffers)]
public sealed class UdmabufBufferTests : BufferTests
{
    protected override Task<BufferSubject> MakeSubjectAsync() => Task.FromResult<BufferSubject>(new LabBufferSubject(static () => KernelBufferExporter.Export(BuffersLab.FromMemoryFile(8192))));
}

[LabMachine(LabMachines.Buffers)]
public sealed class VgemBufferTests : BufferTests
{
    protected override Task<BufferSubject> MakeSubjectAsync() => Task.FromResult<BufferSubject>(new LabBufferSubject(static () =>
    {
        using DrmDevice vgem = BuffersLab.OpenVgem();
        using DrmBuffer dumb = vgem.CreateDumbBuffer(64, 64);
        return DrmExporter.Export(dumb);
    }));
}

[LabMachine(LabMachines.Buffers)]
public sealed class VividBufferTests : BufferTests
{
    protected override Task<BufferSubject> MakeSubjectAsync() => Task.FromResult<BufferSubject>(new LabBufferSubject(static () =>
    {
        using VideoDevice device = BuffersLab.OpenVivid(BuffersLab.ByCpu);
        device.SetFormat(VideoBufferType.Capture, new(320, 180, "YUYV", []));
        using VideoQueue queue = VideoQueue.Create(device, VideoBufferType.Capture, VideoMemory.Driver, 2);
        return VideoExporter.Export(queue, 0);
    }));
}

[LabMachine(LabMachines.Buffers)]
public sealed class SystemHeapAllocationTests : HeapAllocationTests
{
    protected override Task<HeapSubject> MakeSubjectAsync() => Task.FromResult<HeapSubject>(new LabHeapSubject("system"));
}

[LabMachine(LabMachines.IommuFd)]
public sealed class ContiguousHeapAllocationTests : HeapAllocationTests
{
    protected override Task<HeapSubject> MakeSubjectAsync() => Task.FromResult<HeapSubject>(new LabHeapSubject(DmaHeap.FindNames().First(static name => DmaHeap.KindOf(name) == DmaHeapKind.Contiguous)));
}

[LabMachine(LabMachines.Buffers)]
public sealed class UdmabufFileBufferTests : FileBufferTests
{
    protected override Task<FileBufferSubject> MakeSubjectAsync() => Task.FromResult<FileBufferSubject>(new LabFileBufferSubject());
}
