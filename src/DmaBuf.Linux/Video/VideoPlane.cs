namespace DmaBuf.Linux;

/// <summary>How one plane of a frame lies in memory.</summary>
/// <param name="Size">Bytes that its buffer needs (<c>sizeimage</c>); 0 lets the driver choose.</param>
/// <param name="BytesPerLine">Bytes from a line to the next; 0 lets the driver choose, or for compressed images.</param>
/// <remarks>A value.</remarks>
public readonly record struct VideoPlane(uint Size, uint BytesPerLine);
