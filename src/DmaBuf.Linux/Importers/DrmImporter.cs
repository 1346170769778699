using System.Runtime.InteropServices;

namespace DmaBuf.Linux;

/// <summary>A DRM device as importer: takes buffers in by PRIME, inside attach.</summary>
/// <remarks>
/// Needs a dma-buf of RAM: the drivers that reach device memory peer to peer say so nowhere, and the others answer EOPNOTSUPP, so <see cref="Request"/> declines it unless told otherwise. A memory file
/// becomes a dma-buf by <see cref="UserMemoryDevice"/>. The kernel cannot be made to let go under its users: not revocable. Safe for all threads.
/// </remarks>
public sealed class DrmImporter : DmaBufferImporter
{
    private readonly PrimeImport _import;

    /// <summary>Makes an importer of a device, which stays the caller's and must outlive the attachments.</summary>
    public DrmImporter(DrmDevice device)
        : base(NameOf(device))
    {
        Device = device;
        _import = new(device);
    }

    /// <summary>Where buffers are taken in.</summary>
    public DrmDevice Device { get; }

    /// <summary>Requests an import.</summary>
    /// <param name="memory">What the driver is known to reach; RAM, if nothing is known.</param>
    /// <param name="ceiling">The costs that are permitted; what happens inside a kernel is <see cref="MappingCost.Unknown"/>.</param>
    public MappingRequest<DescriptorAttachment> Request(DescriptorMemory memory = DescriptorMemory.Ram, MappingCost ceiling = MappingCost.Default) =>
        DescriptorMappingType.RequestImport(new() { Kinds = DescriptorKind.DmaBuf, Memory = memory, ExporterName = OnlyExporterFor(Device.DriverName) }, _import, ceiling);

    /// <summary>Requests an import without saying what the device needs, to hear what the kernel says by itself.</summary>
    /// <param name="ceiling">The costs that are permitted.</param>
    public MappingRequest<DescriptorAttachment> RequestAny(MappingCost ceiling = MappingCost.Default) => DescriptorMappingType.RequestImport(null, _import, ceiling);

    /// <summary>The buffer inside the device. It belongs to the attachment and is good until detach.</summary>
    /// <exception cref="DmaBufException">EINVAL: the attachment is not one of this importer's requests.</exception>
    public DrmBuffer BufferOf(DescriptorAttachment attachment)
    {
        ArgumentNullException.ThrowIfNull(attachment);
        return attachment.Import?.Imported is DrmBuffer buffer && ReferenceEquals(buffer.Device, Device)
            ? buffer
            : throw new DmaBufException(Errno.EINVAL, $"Looking for '{attachment.Buffer}' in {Device} was refused: the attachment did not import it there. Attach with a request of this importer.");
    }

    /// <summary>Without host blobs virtio-gpu takes no memory but its own, and says ENODEV to all other.</summary>
    private static string? OnlyExporterFor(string driver) => driver == "virtio_gpu" ? driver : null;

    private static string NameOf(DrmDevice device)
    {
        ArgumentNullException.ThrowIfNull(device);
        return $"drm {device.DriverName}";
    }

    private sealed class PrimeImport(DrmDevice device) : IDescriptorImport
    {
        public MappingCost Cost => MappingCost.Unknown;

        public bool CanTakeAway => false;

        public IDisposable Import(DescriptorAttachment attachment, SafeHandle descriptor) =>
            new DrmBuffer(device, device.Import(descriptor, $"'{attachment.Buffer}'"), attachment.Buffer.Size, pitch: 0);
    }
}
