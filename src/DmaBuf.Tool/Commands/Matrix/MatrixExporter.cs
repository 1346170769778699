namespace DmaBuf.Tool;

/// <summary>One row's exporter: makes a buffer with known bytes.</summary>
/// <param name="Name">What the table calls it.</param>
/// <param name="IsReal">Real memory of this host, as opposed to the machine in software.</param>
/// <param name="Export">Makes a fresh buffer; the caller owns it.</param>
internal sealed record MatrixExporter(string Name, bool IsReal, Func<MatrixBuffer> Export)
{
    /// <summary>The device that is busy while it exports, so that it cannot import at the same time; null: none.</summary>
    internal string? Device { get; init; }

    /// <summary>The same memory without rules of ours that refuse an importer before its kernel is asked; null: there are none.</summary>
    internal Func<MatrixBuffer>? ExportUnguarded { get; init; }
}
