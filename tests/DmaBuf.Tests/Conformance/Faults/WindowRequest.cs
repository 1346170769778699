namespace DmaBuf.Tests.Conformance.Faults;

internal sealed record WindowRequest(bool Fits);
