namespace DmaBuf.Tool;

/// <summary>Frames whose bytes nobody makes: what a buffer holds is published as it is, so that only the hand-over is measured.</summary>
internal sealed class StillSource(ulong frameBytes) : FrameSource
{
    internal override string Name => "still";

    internal override ulong FrameBytes => frameBytes;

    internal override ulong? Count => null;

    internal override bool MoveNext() => true;

    internal override int Fill(Span<byte> frame) => (int)frameBytes;

    internal override void Skip()
    {
    }
}
