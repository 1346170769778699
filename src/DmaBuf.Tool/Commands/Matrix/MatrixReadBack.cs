namespace DmaBuf.Tool;

/// <summary>The exporter's own way to read its whole buffer.</summary>
internal delegate void MatrixReadBack(Span<byte> destination);
