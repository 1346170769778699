namespace DmaBuf.Bench;

/// <summary>What the bench's importer asks for.</summary>
internal sealed record BenchRequest(bool AcceptsPeer);
