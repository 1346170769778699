using DmaBuf.Tests.Fakes;

namespace DmaBuf.Tests.Mappings.Descriptor;

/// <summary>The Descriptor type: each need of a kernel interface is declined by name before the kernel would, and nothing takes a descriptor back.</summary>
public sealed class DescriptorTests : BufferFixture
{
    private static readonly DescriptorFacts s_facts = new()
    {
        Kind = DescriptorKind.MemoryFile,
        Memory = DescriptorMemory.Ram,
        ExporterName = "memfd",
        SizeGranularity = 4096,
        ContiguousRun = 4096,
        Access = CpuAccess.Read,
        Seals = DescriptorSeals.Shrink | DescriptorSeals.FutureWrite,
    };

    public static TheoryData<string?, DescriptorNeeds> Needs { get; } = new()
    {
        { null, new DescriptorNeeds() },
        { "descriptor kind", new DescriptorNeeds { Kinds = DescriptorKind.DmaBuf } },
        { null, new DescriptorNeeds { Kinds = DescriptorKind.DmaBuf | DescriptorKind.MemoryFile } },
        { "memory", new DescriptorNeeds { Memory = DescriptorMemory.Mmio } },
        { "kernel exporter", new DescriptorNeeds { ExporterName = "udmabuf" } },
        { null, new DescriptorNeeds { ExporterName = "memfd" } },
        { "pinnable by address", new DescriptorNeeds { PinnableByAddress = true } },
        { "size granularity", new DescriptorNeeds { SizeGranularity = 1 << 21 } },
        { null, new DescriptorNeeds { SizeGranularity = 8192 } },
        { "size", new DescriptorNeeds { MinimumSize = 8193 } },
        { null, new DescriptorNeeds { MinimumSize = 8192 } },
        { "contiguous run", new DescriptorNeeds { Contiguous = true } },
        { "access", new DescriptorNeeds { Access = CpuAccess.ReadWrite } },
        { "required seals", new DescriptorNeeds { RequiredSeals = DescriptorSeals.Write } },
        { null, new DescriptorNeeds { RequiredSeals = DescriptorSeals.Shrink } },
        { "forbidden seals", new DescriptorNeeds { ForbiddenSeals = DescriptorSeals.FutureWrite } },
    };

    [Theory]
    [MemberData(nameof(Needs))]
    public void Each_need_is_matched_by_its_own_property(string? property, DescriptorNeeds needs)
    {
        using DmaBuffer buffer = Export(new FakeExporter(DescriptorMappingType.Offer(new HandleOperations(null), s_facts)), 8192);
        global::DmaBuf.Negotiation explained = buffer.Explain(Importer, DescriptorMappingType.Request(needs));
        Assert.Equal(property, Assert.Single(explained.Pairs).Decline?.Property);

        // Only what the importer itself can do without is suggested; else the refusal would merely move into the kernel.
        Assert.Equal(property is "access" or "required seals", explained.Remedies.Count == 1);
    }

    [Theory]
    [InlineData(0UL)]
    [InlineData(8192UL)]
    public void Memory_of_one_run_or_of_which_nothing_is_known_is_taken_by_who_needs_one_run(ulong run)
    {
        using DmaBuffer buffer = Export(new FakeExporter(DescriptorMappingType.Offer(new HandleOperations(null), s_facts with { ContiguousRun = run })), 8192);
        global::DmaBuf.Negotiation explained = buffer.Explain(Importer, DescriptorMappingType.Request(new DescriptorNeeds { Contiguous = true }));
        Assert.Null(Assert.Single(explained.Pairs).Decline);
    }

    [Fact]
    public void A_mapping_owns_its_descriptor_and_lends_it()
    {
        CountingHandle handle = new(5);
        using DmaBuffer buffer = Export(DescriptorMappingType.Offer(new HandleOperations(handle), s_facts));
        using DescriptorAttachment attachment = buffer.Attach(Importer, DescriptorMappingType.Request());
        DescriptorMapping mapping = attachment.MapDescriptor();
        using (DescriptorLease lease = mapping.Borrow())
        {
            Assert.Same(handle, lease.Handle);
            mapping.Dispose();
            Assert.Equal(0, handle.Releases);
        }

        Assert.Equal(1, handle.Releases);
        Assert.Throws<ObjectDisposedException>(() => mapping.Borrow().Dispose());
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public void No_descriptor_or_an_invalid_one_is_EBADF(bool nothing)
    {
        using DmaBuffer buffer = Export(DescriptorMappingType.Offer(new HandleOperations(nothing ? null : new CountingHandle(-1)), s_facts));
        using DescriptorAttachment attachment = buffer.Attach(Importer, DescriptorMappingType.Request());
        Refusal.Expect(Errno.EBADF, () => attachment.MapDescriptor());
        Assert.Equal(0, attachment.LiveMappings);
    }

    [Fact]
    public void A_revoke_quarantines_a_buffer_whose_descriptor_is_out_until_it_is_closed()
    {
        CountingHandle handle = new(5);
        using DmaBuffer buffer = Export(DescriptorMappingType.Offer(new HandleOperations(handle), s_facts));
        DescriptorAttachment attachment = buffer.Attach(Importer, DescriptorMappingType.Request());
        DescriptorMapping mapping = attachment.MapDescriptor();
        RevokeReport report = Refusal.Ended(buffer.RevokeAsync(TimeSpan.Zero));
        Assert.Equal((RevokeOutcome.Quarantined, true, 0), (report.Outcome, buffer.IsQuarantined, handle.Releases));
        Refusal.Expect(Errno.ENODEV, () => mapping.Borrow().Dispose());
        mapping.Dispose();
        Assert.Equal((false, 1), (buffer.IsQuarantined, handle.Releases));
        attachment.Detach();
        ExpectedProblems = 1;
    }

    [Fact]
    public void Facts_and_needs_that_say_nothing_or_too_much_are_EINVAL()
    {
        HandleOperations operations = new(null);
        DescriptorFacts[] facts =
        [
            s_facts with { Kind = DescriptorKind.None }, s_facts with { Kind = DescriptorKind.Any }, s_facts with { Memory = DescriptorMemory.Any },
            s_facts with { SizeGranularity = 0 }, s_facts with { SizeGranularity = 3 }, s_facts with { Access = 0 }, s_facts with { ExporterName = " " },
        ];
        Assert.All(facts, bad => Refusal.Expect(Errno.EINVAL, () => DescriptorMappingType.Offer(operations, bad)));
        DescriptorNeeds[] needs =
        [
            new() { Kinds = DescriptorKind.None }, new() { Memory = DescriptorMemory.None }, new() { SizeGranularity = 0 },
            new() { SizeGranularity = 12 }, new() { Access = (CpuAccess)3 },
        ];
        Assert.All(needs, static bad => Refusal.Expect(Errno.EINVAL, () => DescriptorMappingType.Request(bad)));
    }
}
