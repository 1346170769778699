using DmaBuf.Linux;
using Microsoft.Win32.SafeHandles;

namespace DmaBuf.Tool;

/// <summary>Buffers of the kernel with known bytes, and a mapping of the same memory beside the framework's, to look at them.</summary>
internal static class KernelMatrixBuffer
{
    private const int BytesPerPixel = 4;
    private const uint NarrowestPicture = 512;

    private static readonly DmaBufferImporter s_filler = new("matrix");

    /// <summary>Writes known bytes through a descriptor of the buffer, and keeps that mapping for reading back. Takes the buffer over.</summary>
    internal static MatrixBuffer Fill(DmaBuffer buffer)
    {
        MemoryMapping? memory = null;
        try
        {
            byte[] contents = MatrixPattern.Make((int)buffer.Size, seed: 1);
            using (DescriptorAttachment attachment = buffer.Attach(s_filler, DescriptorMappingType.Request()))
            {
                using DescriptorMapping mapping = attachment.MapDescriptor();
                using DescriptorLease lease = mapping.Borrow();
                using SafeFileHandle borrowed = BorrowedDescriptor.Of(lease);
                using KernelBuffer kernelBuffer = KernelBuffer.Adopt(borrowed);
                memory = kernelBuffer.Map(MemoryProtection.ReadWrite);
                kernelBuffer.BeginCpuAccess(DmaDirection.Bidirectional);
                contents.CopyTo(memory.Window(0, contents.Length));
                kernelBuffer.EndCpuAccess(DmaDirection.Bidirectional);
            }

            MemoryMapping kept = memory;
            return new MatrixBuffer(buffer, contents, destination => ReadBack(buffer, kept, destination), kept);
        }
        catch
        {
            memory?.Dispose();
            buffer.Dispose();
            throw;
        }
    }

    /// <summary>A udmabuf, whose bytes are read back through the memory file behind it.</summary>
    internal static MatrixBuffer OfMemoryFile(UserMemoryDevice device, int size)
    {
        byte[] contents = MatrixPattern.Make(size, seed: 1);
        using MemoryFile file = MemoryFile.Create("dmabuf-matrix", (ulong)size);
        MemoryFill.Write(file, 0, contents);
        file.Seal(MemorySeals.FixedSize);
        DmaBuffer buffer = UserMemoryExporter.Export(device, [UserMemoryPart.Whole(file)]);
        MemoryMapping memory = file.Map(MemoryProtection.Read);
        return new MatrixBuffer(buffer, contents, destination => ReadBack(buffer, memory, destination), memory);
    }

    /// <summary>A picture of at least so many bytes, and not much higher than wide: drivers limit both.</summary>
    internal static MatrixBuffer OfDrm(DrmDevice device, int size)
    {
        uint width = NarrowestPicture;
        while (width * width * BytesPerPixel < size)
        {
            width *= 2;
        }

        uint line = width * BytesPerPixel;
        using DrmBuffer drmBuffer = device.CreateDumbBuffer(width, ((uint)size + line - 1) / line);
        return Fill(DrmExporter.Export(drmBuffer));
    }

    internal static MatrixBuffer OfVideo(VideoDevice device)
    {
        using VideoQueue queue = VideoQueue.Create(device, VideoBufferType.Capture, VideoMemory.Driver, 1);
        return Fill(VideoExporter.Export(queue, 0));
    }

    /// <summary>Bytes of a frame, and whether in one run. What the device's own memory is made of tells the latter: nobody says it otherwise.</summary>
    internal static (ulong Frame, bool IsContiguous) NeedsOf(VideoDevice device)
    {
        using VideoQueue queue = VideoQueue.Create(device, VideoBufferType.Capture, VideoMemory.Driver, 1);
        if (queue.Format.Planes.Count != 1)
        {
            throw new DmaBufException(Errno.EINVAL, $"its frames have {queue.Format.Planes.Count} planes, and an importer takes one buffer. Choose a format with one plane (v4l2-ctl --set-fmt-video).");
        }

        using KernelBuffer own = queue.Export(0);
        return (queue.Format.Planes[0].Size, own.ExporterName == "videobuf2_dma_contig");
    }

    private static void ReadBack(DmaBuffer buffer, MemoryMapping memory, Span<byte> destination)
    {
        buffer.BeginCpuAccess(DmaDirection.FromDevice);
        memory.ReadOnlyWindow(0, destination.Length).CopyTo(destination);
        buffer.EndCpuAccess(DmaDirection.FromDevice);
    }
}
