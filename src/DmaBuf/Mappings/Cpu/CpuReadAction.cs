namespace DmaBuf;

/// <summary>Reads a window of a buffer; the span is good for the call alone.</summary>
/// <param name="bytes">The bytes.</param>
/// <param name="state">What the caller handed along.</param>
/// <typeparam name="TState">Its type.</typeparam>
public delegate void CpuReadAction<in TState>(ReadOnlySpan<byte> bytes, TState state);
