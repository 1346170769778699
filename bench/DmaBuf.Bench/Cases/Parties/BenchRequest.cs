namespace DmaBuf.Bench;

/// <summary>What the bench's importer asks for.</summary>
internal readonly record struct BenchRequest(bool AcceptsPeer);
