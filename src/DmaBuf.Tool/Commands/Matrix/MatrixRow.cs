namespace DmaBuf.Tool;

/// <summary>One pair and what became of it.</summary>
/// <param name="Exporter">The exporter's name.</param>
/// <param name="Importer">The importer's name.</param>
/// <param name="IsSimulated">A party is on the machine in software, so no figure would mean anything.</param>
/// <param name="Outcome">What became of it.</param>
/// <param name="Predicted">What negotiation said before anything was tried.</param>
/// <param name="Observed">What happened when it was tried: the type, or the errno; of the kernel itself, where one imports.</param>
/// <param name="MappingType">The type that was agreed on; null if none was.</param>
/// <param name="Cost">What the mapping did cost; null if there was none.</param>
/// <param name="GigabytesPerSecond">Measured in this run; null for simulated pairs.</param>
/// <param name="Reason">Why not, in one line; null if verified.</param>
internal sealed record MatrixRow(
    string Exporter,
    string Importer,
    bool IsSimulated,
    MatrixOutcome Outcome,
    MatrixPrediction Predicted,
    string Observed = "",
    string? MappingType = null,
    MappingCost? Cost = null,
    double? GigabytesPerSecond = null,
    string? Reason = null);
