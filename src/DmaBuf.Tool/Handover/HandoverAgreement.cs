namespace DmaBuf.Tool;

/// <summary>What the receiver and its local exporter agreed on.</summary>
internal sealed record HandoverAgreement(string Type, string Cost);
