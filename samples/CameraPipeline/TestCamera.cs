namespace DmaBuf.Samples.Camera;

/// <summary>For machines without a camera: red rises from left to right, green from top to bottom, and blue by ten with each picture.</summary>
internal sealed class TestCamera : ICamera
{
    private int _number;

    public int Width => 160;

    public int Height => 120;

    public Task CaptureAsync(Func<Span<byte>> target, CancellationToken cancellationToken)
    {
        Span<byte> pixels = target();
        for (int y = 0; y < Height; y++)
        {
            for (int x = 0; x < Width; x++)
            {
                Span<byte> pixel = pixels.Slice(((y * Width) + x) * Picture.PixelBytes, Picture.PixelBytes);
                pixel[0] = (byte)(_number * 10);
                pixel[1] = (byte)(y * 255 / (Height - 1));
                pixel[2] = (byte)(x * 255 / (Width - 1));
                pixel[3] = 0;
            }
        }

        _number++;
        return Task.CompletedTask;
    }

    public void Dispose()
    {
    }
}
