using DmaBuf.Linux;

namespace DmaBuf.Samples.Vfio;

/// <summary>
/// Memory that this program and a device both reach. It is an ordinary buffer of the framework: exported once, attached by the CPU (type Cpu) and by an importer that maps it for DMA (type
/// Descriptor). A revoke of the buffer would take it away from both.
/// </summary>
/// <remarks>Owns the buffer and both attachments. Accesses may come from any thread; who writes what, and when the device may look, is the driver's order.</remarks>
public sealed class DmaMemory : IDisposable
{
    private readonly DmaBuffer _buffer;
    private readonly CpuAttachment _cpu;
    private readonly CpuMapping _mapping;
    private readonly Attachment _device;

    private DmaMemory(DmaBuffer buffer, Func<DmaBuffer, Attachment> attachDevice)
    {
        _buffer = buffer;
        _device = attachDevice(buffer);
        try
        {
            _cpu = buffer.Attach(new DmaBufferImporter("driver"), CpuMappingType.Request(CpuAccess.ReadWrite));
            _mapping = _cpu.MapCpu();
        }
        catch
        {
            _cpu?.Dispose();
            _device.Dispose();
            throw;
        }
    }

    /// <summary>Where the device finds it.</summary>
    public DmaRange Range => ImportedDmaRange.Of(_device);

    /// <summary>Bytes.</summary>
    public ulong Length => _buffer.Size;

    /// <summary>Makes zeroed memory.</summary>
    /// <param name="name">For people.</param>
    /// <param name="length">Bytes; a multiple of the page.</param>
    /// <param name="attachDevice">Attaches the importer that maps it for the device.</param>
    public static DmaMemory Create(string name, ulong length, Func<DmaBuffer, Attachment> attachDevice)
    {
        ArgumentNullException.ThrowIfNull(attachDevice);
        DmaBuffer buffer = Export(name, length);
        try
        {
            return new DmaMemory(buffer, attachDevice);
        }
        catch
        {
            buffer.Dispose();
            throw;
        }
    }

    /// <summary>The device's address of a byte.</summary>
    public DmaAddress AddressOf(ulong offset) => new(Range.Start.Value + offset);

    /// <summary>Copies bytes in.</summary>
    public void Write(ulong offset, ReadOnlySpan<byte> bytes)
    {
        using CpuWriteLease lease = _mapping.Write();
        bytes.CopyTo(lease.Window(offset, bytes.Length));
    }

    /// <summary>Copies bytes out.</summary>
    public void Read(ulong offset, Span<byte> bytes)
    {
        using CpuReadLease lease = _mapping.Read();
        lease.Window(offset, bytes.Length).CopyTo(bytes);
    }

    /// <summary>Copies bytes out into a new array.</summary>
    public byte[] Read(ulong offset, int length)
    {
        byte[] bytes = new byte[length];
        Read(offset, bytes);
        return bytes;
    }

    /// <summary>Unmaps, detaches both, and releases the memory.</summary>
    public void Dispose()
    {
        _mapping.Dispose();
        _cpu.Dispose();
        _device.Dispose();
        _buffer.Dispose();
    }

    private static DmaBuffer Export(string name, ulong length)
    {
        MemoryFile file = MemoryFile.Create(name, length);
        try
        {
            file.Seal(MemorySeals.FixedSize);
            return MemoryFileExporter.Export(file);
        }
        catch
        {
            file.Dispose();
            throw;
        }
    }
}
