using System.Reflection;
using System.Runtime.CompilerServices;
using FabricMapping;

namespace DmaBuf.Tests.Strangers;

/// <summary>
/// A mapping type from an assembly that the core does not know: it negotiates, explains itself, and cannot escape a revoke. <see cref="Surface.ConformanceDocument"/>
/// puts it through the conformance kit.
/// </summary>
public sealed class FabricTests
{
    private static readonly FabricNode Gpu = new(Link: 1, Number: 0);
    private readonly DmaBufferRegistry _registry = new();

    [Fact]
    public void A_strangers_type_knows_only_the_core_and_the_core_does_not_know_it()
    {
        string[] references = [.. typeof(FabricMappingType).Assembly.GetReferencedAssemblies().Select(static name => name.Name!)];
        Assert.Contains("DmaBuf", references);
        Assert.DoesNotContain("FabricMapping", typeof(DmaBuffer).Assembly.GetReferencedAssemblies().Select(static name => name.Name));
        Assert.DoesNotContain(
            typeof(DmaBuffer).Assembly.GetCustomAttributes<InternalsVisibleToAttribute>(),
            static friend => friend.AssemblyName.StartsWith("Fabric", StringComparison.Ordinal));
    }

    [Fact]
    public void Its_failure_names_both_parties_and_its_own_property()
    {
        using DmaBuffer buffer = Export();
        NegotiationFailedException failure = Assert.Throws<NegotiationFailedException>(
            () => buffer.Attach(new DmaBufferImporter("nic"), FabricMappingType.Request(new FabricNode(2, 7))));
        Assert.Equal(Errno.EINVAL, failure.Errno);
        Assert.Contains("declined for link: offered 1, wanted 2", failure.Message, StringComparison.Ordinal);
        Assert.Contains("'fabric link 1 node 0'", failure.Message, StringComparison.Ordinal);
        Assert.Contains("'nic'", failure.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_revoke_closes_its_windows_by_force()
    {
        FabricExporter exporter = new(Gpu);
        using DmaBuffer buffer = DmaBuffer.Export(exporter, 4096, new DmaBufferExportOptions { Registry = _registry });
        using FabricAttachment attachment = buffer.Attach(new DmaBufferImporter("nic"), FabricMappingType.Request(new FabricNode(1, 3)));
        using FabricWindow mapping = attachment.MapFabric();
        Assert.Equal(4096UL, mapping.Use(static range => range.Length));
        RevokeReport report = await buffer.RevokeAsync(TimeSpan.Zero, TestContext.Current.CancellationToken);
        Assert.Equal(RevokeOutcome.Forced, report.Outcome);
        Assert.Equal(0, exporter.OpenWindows);
        Assert.ThrowsAny<Exception>(() => mapping.Use(static range => range.Length));
    }

    [Fact]
    public void A_strangers_codec_looks_into_its_own_offers_so_that_a_record_replays_to_the_same_result()
    {
        MappingTypeCodec[] codecs = [.. NegotiationReplay.StandardCodecs, new FabricCodec()];
        foreach (int link in (int[])[1, 2])
        {
            using DmaBuffer buffer = Export();
            string record = NegotiationJson.Record(buffer, new DmaBufferImporter("nic"), [FabricMappingType.Request(new FabricNode(link, 7))], codecs);
            Assert.Contains("\"link\": 1", record, StringComparison.Ordinal);
            DmaBuf.Negotiation replayed = NegotiationReplay.Run(record, codecs);
            Assert.Equal(NegotiationJson.Write(NegotiationJson.Read(record)), NegotiationJson.Write(replayed));
            Assert.Equal(link == 1 ? Errno.None : Errno.EINVAL, replayed.Errno);
        }
    }

    [Fact]
    public void A_type_looks_into_its_own_offers_and_requests_and_into_no_others()
    {
        LookingType mine = new();
        Assert.Equal(("window", "view"), mine.Look(mine.Offer("window"), mine.Request("view")));
        Assert.Equal((null, null), mine.Look(new LookingType().Offer("window"), FabricMappingType.Request(Gpu)));
    }

    private DmaBuffer Export() => DmaBuffer.Export(new FabricExporter(Gpu), 4096, new DmaBufferExportOptions { Registry = _registry });
}
