using DmaBuf.Sharing;

namespace DmaBuf.Tool;

/// <summary>Where frames come from. For one thread.</summary>
internal abstract class FrameSource : IDisposable
{
    /// <summary>The most that a span can hold, rounded down to a page.</summary>
    internal const ulong MaximumFrameBytes = int.MaxValue & ~4095;

    /// <summary>How people are told of it.</summary>
    internal abstract string Name { get; }

    /// <summary>The first line of a Y4M stream, without its end; null for frames that are none.</summary>
    internal virtual string? Header => null;

    /// <summary>Bytes of the largest frame.</summary>
    internal abstract ulong FrameBytes { get; }

    /// <summary>How many frames there are; null if that cannot be known before.</summary>
    internal abstract ulong? Count { get; }

    /// <summary>What the bytes are, in the kernel's words.</summary>
    internal virtual FrameDescription Description => default;

    /// <summary>What stood with the frame that <see cref="MoveNext"/> found, for Y4M: the parameters of its line.</summary>
    internal virtual ReadOnlySpan<byte> Parameters => [];

    /// <summary>Goes to the next frame, whose bytes <see cref="Fill"/> gives or <see cref="Skip"/> passes over.</summary>
    /// <returns>False when there is none.</returns>
    /// <exception cref="BadUseException">A pipe, or a file that was changed meanwhile, gave something that is no frame.</exception>
    internal abstract bool MoveNext();

    /// <summary>The frame's bytes.</summary>
    /// <param name="frame">At least <see cref="FrameBytes"/>; what lies behind the frame is left as it is.</param>
    /// <returns>How many there are.</returns>
    internal abstract int Fill(Span<byte> frame);

    /// <summary>Leaves the frame away, because there is no buffer for it.</summary>
    internal abstract void Skip();

    public virtual void Dispose() => GC.SuppressFinalize(this);
}
