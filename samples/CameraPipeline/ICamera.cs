namespace DmaBuf.Samples.Camera;

/// <summary>Gives pictures.</summary>
internal interface ICamera : IDisposable
{
    int Width { get; }

    int Height { get; }

    /// <summary>Waits for the next picture and writes it where it shall be: nowhere in between is a copy of it.</summary>
    Task CaptureAsync(Func<Span<byte>> target, CancellationToken cancellationToken);
}
