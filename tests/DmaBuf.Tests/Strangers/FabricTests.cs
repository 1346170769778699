using System.Reflection;
using System.Runtime.CompilerServices;
using DmaBuf.Testing;
using FabricMapping;

namespace DmaBuf.Tests.Strangers;

/// <summary>A mapping type from an assembly that the core does not know: it negotiates, explains itself, and cannot escape a revoke.</summary>
public sealed class FabricTests
{
    private static readonly FabricNode Gpu = new(Link: 1, Number: 0);
    private readonly DmaBufferRegistry _registry = new();

    [Fact]
    public void A_strangers_type_passes_the_conformance_kit() => MappingTypeConformance.Verify(static () => new Subject());

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

    private DmaBuffer Export() => DmaBuffer.Export(new FabricExporter(Gpu), 4096, new DmaBufferExportOptions { Registry = _registry });

    private sealed class Subject : MappingTypeSubject
    {
        public override DmaBuffer Export(DmaBufferExportOptions options) => DmaBuffer.Export(new FabricExporter(Gpu), 4096, options);

        public override MappingRequest AcceptedRequest() => FabricMappingType.Request(new FabricNode(1, 3));

        public override MappingRequest? DeclinedRequest() => FabricMappingType.Request(new FabricNode(2, 3));

        public override Mapping Map(Attachment attachment) => ((FabricAttachment)attachment).MapFabric();

        public override void Access(Mapping mapping, Action inside) => ((FabricWindow)mapping).Use(range =>
        {
            inside();
            return range;
        });
    }
}
