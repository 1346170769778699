namespace DmaBuf.Tests.Conformance.Faults;

internal sealed record WindowOffer(WindowExporter Exporter);
