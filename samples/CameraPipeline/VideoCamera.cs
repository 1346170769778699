using DmaBuf.Linux;

namespace DmaBuf.Samples.Camera;

/// <summary>The first V4L2 device that captures pictures as YUYV. Its driver's buffers are exported as dma-bufs and read through negotiated mappings, so that each read stands between the kernel's brackets.</summary>
internal sealed class VideoCamera : ICamera
{
    private const int BufferCount = 4;

    private readonly VideoDevice _device;
    private readonly VideoQueue _queue;
    private readonly List<DmaBuffer> _buffers = [];
    private readonly List<CpuAttachment> _attachments = [];
    private readonly List<CpuMapping> _mappings = [];

    private VideoCamera(VideoDevice device, VideoQueue queue)
    {
        _device = device;
        _queue = queue;
    }

    public int Width => (int)_queue.Format.Width;

    public int Height => (int)_queue.Format.Height;

    private int Stride => (int)_queue.Format.Planes[0].BytesPerLine;

    /// <summary>Null if there is no device that this user may open and that has the format.</summary>
    internal static VideoCamera? TryOpen()
    {
        foreach (string path in VideoDevice.FindPaths())
        {
            try
            {
                return Open(path);
            }
            catch (DmaBufException refused)
            {
                Console.Error.WriteLine($"{path} is not used: {refused.Message}");
            }
        }

        return null;
    }

    public async Task CaptureAsync(Func<Span<byte>> target, CancellationToken cancellationToken)
    {
        VideoFrame frame = await _queue.DequeueAsync(cancellationToken).ConfigureAwait(false);
        using (CpuReadLease lease = _mappings[frame.Slot].Read(cancellationToken))
        {
            Convert(lease.Span, target());
        }

        _queue.Enqueue(frame.Slot);
    }

    public void Dispose()
    {
        _mappings.ForEach(static mapping => mapping.Dispose());
        _attachments.ForEach(static attachment => attachment.Dispose());
        _buffers.ForEach(static buffer => buffer.Dispose());
        _queue.Dispose();
        _device.Dispose();
    }

    private static VideoCamera Open(string path)
    {
        VideoDevice device = VideoDevice.Open(path);
        VideoCamera? camera = null;
        try
        {
            VideoFormat format = device.SetFormat(VideoBufferType.Capture, device.GetFormat(VideoBufferType.Capture) with { PixelFormat = "YUYV" });
            if (format.PixelFormat != "YUYV")
            {
                throw new DmaBufException(Errno.EINVAL, $"{device} gives {format.PixelFormat} and not YUYV.");
            }

            camera = new(device, VideoQueue.Create(device, VideoBufferType.Capture, VideoMemory.Driver, BufferCount));
            camera.Start();
            return camera;
        }
        catch
        {
            if (camera is null)
            {
                device.Dispose();
            }

            camera?.Dispose();
            throw;
        }
    }

    private void Start()
    {
        for (int slot = 0; slot < _queue.Count; slot++)
        {
            _buffers.Add(KernelBufferExporter.Export(_queue.Export(slot)));
            _attachments.Add(_buffers[slot].Attach(new DmaBufferImporter("camera"), CpuMappingType.Request(CpuAccess.Read)));
            _mappings.Add(_attachments[slot].MapCpu());
            _queue.Enqueue(slot);
        }

        _queue.Start();
    }

    /// <summary>Two pixels share their colour (ITU-R BT.601, studio range).</summary>
    private void Convert(ReadOnlySpan<byte> source, Span<byte> target)
    {
        for (int y = 0; y < Height; y++)
        {
            for (int x = 0; x < Width; x++)
            {
                int pair = (y * Stride) + (x / 2 * 4);
                int luma = 298 * (source[pair + (x % 2 * 2)] - 16);
                (int blue, int red) = (source[pair + 1] - 128, source[pair + 3] - 128);
                Span<byte> pixel = target.Slice(((y * Width) + x) * Picture.PixelBytes, Picture.PixelBytes);
                pixel[0] = (byte)Math.Clamp((luma + (516 * blue) + 128) >> 8, 0, 255);
                pixel[1] = (byte)Math.Clamp((luma - (100 * blue) - (208 * red) + 128) >> 8, 0, 255);
                pixel[2] = (byte)Math.Clamp((luma + (409 * red) + 128) >> 8, 0, 255);
                pixel[3] = 0;
            }
        }
    }
}
