namespace DmaBuf.Machine.Tests;

/// <summary>What a table of bus addresses does for an engine, for tests that are about the way there and need no buffer.</summary>
internal static class BusGrant
{
    extension(DmaEngineDevice engine)
    {
        public void GrantBar(PciBar bar) => engine.GrantBusAddresses([new ScatterGatherEntry(bar.BusRange.Start, checked((uint)bar.BusRange.Length))], DmaDirection.Bidirectional);
    }
}
