namespace DmaBuf.Tool;

/// <summary>Any bytes, cut into frames of one size; the last may be shorter. Owns its stream.</summary>
internal sealed class CutFileSource : FrameSource
{
    private readonly BufferedStream _stream;
    private readonly int _frameBytes;
    private int _first; // the byte that told that there is a frame

    internal CutFileSource(Stream adopted, string name, ulong frameBytes)
    {
        _stream = new BufferedStream(adopted);
        _frameBytes = (int)frameBytes;
        Name = name;
        Count = adopted.CanSeek ? ((ulong)adopted.Length + frameBytes - 1) / frameBytes : null;
    }

    internal override string Name { get; }

    internal override ulong FrameBytes => (ulong)_frameBytes;

    internal override ulong? Count { get; }

    internal override bool MoveNext() => (_first = _stream.ReadByte()) >= 0;

    internal override int Fill(Span<byte> frame)
    {
        frame[0] = (byte)_first;
        return 1 + _stream.ReadAtLeast(frame[1.._frameBytes], _frameBytes - 1, throwOnEndOfStream: false);
    }

    internal override void Skip()
    {
        Span<byte> piece = stackalloc byte[4096];
        for (int left = _frameBytes - 1; left > 0;)
        {
            int read = _stream.Read(piece[..Math.Min(left, piece.Length)]);
            if (read == 0)
            {
                return;
            }

            left -= read;
        }
    }

    public override void Dispose()
    {
        _stream.Dispose();
        base.Dispose();
    }
}
