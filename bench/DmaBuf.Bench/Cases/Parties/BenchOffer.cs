namespace DmaBuf.Bench;

/// <summary>What the bench's exporter offers: a class, as the data of the framework's own types is.</summary>
internal sealed record BenchOffer(bool RequiresPeer);
