namespace DmaBuf.Bench;

/// <summary>What the bench's exporter offers: a struct, as the data of the framework's own types is (docs/decisions).</summary>
internal readonly record struct BenchOffer(bool RequiresPeer);
