namespace DmaBuf.Machine.Tests;

/// <summary>Makes a subject's buffers of one device, two ranges in another order than the BAR's, and knows what the device still counts of them.</summary>
internal sealed class VfioExport
{
    private VfioPciDevice? _device;

    internal DmaBuffer Export(SoftwareMachine machine, DmaBufferExportOptions options)
    {
        _device ??= new VfioPciDevice(machine.GetPciFunction(SampleMachine.Gpu));
        return _device.CreateBuffer(0, [new BarRange(0x9000, 0x1000), new BarRange(0x2000, 0x2000)], options);
    }

    internal string? FindLeftovers() => _device is null or { PowerReferences: 0, BufferCount: 0 }
        ? null
        : $"{_device.PowerReferences} power references and {_device.BufferCount} buffers of the device";
}
