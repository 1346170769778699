namespace DmaBuf.Tool;

/// <summary>One row's exporter: makes a buffer with known bytes.</summary>
/// <param name="Name">What the table calls it.</param>
/// <param name="IsReal">Real memory of this host, as opposed to the machine in software.</param>
/// <param name="Export">Makes a fresh buffer; the caller owns it.</param>
internal sealed record MatrixExporter(string Name, bool IsReal, Func<MatrixBuffer> Export);
