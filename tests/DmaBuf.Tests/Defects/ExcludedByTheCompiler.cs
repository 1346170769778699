namespace DmaBuf.Tests.Defects;

/// <summary>
/// Defects and misuses that cannot be written. Each program stands beside one that differs in the forbidden piece alone and compiles, so that it fails
/// for that piece and for nothing else.
/// </summary>
public sealed class ExcludedByTheCompiler
{
    private const string Stranger = """
        sealed class Their(in FinishContext context) : Attachment(in context)
        {
            public override Revocability Revocability => Revocability.Enforced;
        }

        """;

    public static TheoryData<string, string, string, string> Programs { get; } = new()
    {
        {
            "D-1: a verdict is not a number",
            "CS0029",
            Type("protected override MatchVerdict Match(in MatchContext context, string offer, string request) => 1;"),
            Type("protected override MatchVerdict Match(in MatchContext context, string offer, string request) => context.Accept(MappingCost.None);")
        },
        {
            "D-1: a verdict is made by the core's context alone",
            "CS0117",
            Stranger + "static class C { static MatchVerdict M() => MatchVerdict.Accept(MappingCost.None); }",
            Stranger + "static class C { static MatchVerdict M(in MatchContext c) => c.Accept(MappingCost.None); }"
        },
        {
            "D-1b: a match rule is shown no attachment and no importer",
            "CS1061",
            Type("protected override MatchVerdict Match(in MatchContext context, string offer, string request) => context.Importer is null ? default : default;"),
            Type("protected override MatchVerdict Match(in MatchContext context, string offer, string request) => context.BufferSize == 0 ? default : default;")
        },
        {
            "D-25: a type without FinishMatch",
            "CS0534",
            Stranger + "sealed class T() : MappingType<string, string, Their>(\"t\", 1);",
            Type(string.Empty)
        },
        {
            "D-19: an offer source with both a constant and a function",
            "CS1729",
            "static class C { static OfferSource M(MappingOffer o) => new OfferSource(o, b => OfferAnswer.Refuse(Errno.EIO, \"\")); }",
            "static class C { static OfferSource M(MappingOffer o) => OfferSource.Single(o); }"
        },
        {
            "2.5: an exporter without an offer source",
            "CS0534",
            "sealed class E() : DmaBufferExporter(\"e\") { protected override void OnRelease(DmaBuffer b) { } }",
            Exporter(string.Empty, string.Empty)
        },
        {
            "2.5: an exporter without release",
            "CS0534",
            "sealed class E() : DmaBufferExporter(\"e\") { protected override OfferSource Offers => null!; }",
            Exporter(string.Empty, string.Empty)
        },
        {
            "2.5: pin without unpin",
            "CS0535",
            Exporter(", IPinningExporter", "public void Pin(Attachment a, in ReservationLock l) { }"),
            Exporter(", IPinningExporter", "public void Pin(Attachment a, in ReservationLock l) { } public void Unpin(Attachment a, in ReservationLock l) { }")
        },
        {
            "2.5: begin of CPU access without its end",
            "CS0535",
            Exporter(", ICpuAccessExporter", "public void BeginCpuAccess(DmaBuffer b, DmaDirection d) { }"),
            Exporter(", ICpuAccessExporter", "public void BeginCpuAccess(DmaBuffer b, DmaDirection d) { } public void EndCpuAccess(DmaBuffer b, DmaDirection d) { }")
        },
        {
            "2.7: a dynamic importer without the callback",
            "CS0534",
            "sealed class I() : DynamicImporter(\"i\");",
            "sealed class I() : DynamicImporter(\"i\") { protected override void OnInvalidate(Attachment a, InvalidateReason r, in ReservationLock l) { } }"
        },
        {
            "an attachment that the core did not ask for",
            "CS7036",
            "sealed class A : Attachment { public override Revocability Revocability => Revocability.Enforced; }",
            "sealed class A(in FinishContext c) : Attachment(in c) { public override Revocability Revocability => Revocability.Enforced; }"
        },
        {
            "a mapping without a ticket",
            "CS7036",
            "sealed class M : Mapping { protected override void Unmap(in ReservationLock l) { } }",
            "sealed class M(in MapTicket t) : Mapping(in t, MappingCost.None) { protected override void Unmap(in ReservationLock l) { } }"
        },
        {
            "a ticket of one's own making",
            "CS1729",
            "static class C { static void M(Attachment a) { MapTicket t = new(a); } }",
            "static class C { static void M(Attachment a) { MapTicket t = default; } }"
        },
        {
            "an offer of a stranger's making",
            "CS0122",
            "sealed class O : MappingOffer { public O() : base(null!, null!) { } }",
            "static class C { static MappingOffer M(ICpuOperations o) => CpuMappingType.Offer(o); }"
        },
        {
            "the lock over an await",
            "CS4007",
            "static class C { static async Task M(Reservation r) { using ReservationLock held = r.Lock(); await Task.Yield(); _ = held.Reservation; } }",
            "static class C { static async Task M(Reservation r) { using (ReservationLock held = r.Lock()) { _ = held.Reservation; } await Task.Yield(); } }"
        },
        {
            "a call that needs the lock without its proof",
            "CS7036",
            "static class C { static void M(DmaBuffer b) => b.Invalidate(); }",
            "static class C { static void M(DmaBuffer b, in ReservationLock l) => b.Invalidate(in l); }"
        },
        {
            "a span that outlives its lease",
            "CS8168",
            "static class C { static ReadOnlySpan<byte> M(CpuMapping m) { using CpuReadLease lease = m.Read(); return lease.Span; } }",
            "static class C { static byte M(CpuMapping m) { using CpuReadLease lease = m.Read(); return lease.Span[0]; } }"
        },
        {
            "a lease in a field",
            "CS8345",
            "sealed class C { CpuReadLease lease; }",
            "sealed class C { CpuMapping? mapping; }"
        },
        {
            "D-17: another type's mapping at a typed unmap",
            "CS1503",
            "static class C { static void M(PhysicalAddressListAttachment a, ScatterGatherMapping m) => a.UnmapPhysicalAddressList(m); }",
            "static class C { static void M(PhysicalAddressListAttachment a, PhysicalAddressListMapping m) => a.UnmapPhysicalAddressList(m); }"
        },
        {
            "D-17: the exporter's operations are out of reach",
            "CS1061",
            "static class C { static object M(Attachment a) => a.Operations; }",
            "static class C { static object M(Attachment a) => a.Type; }"
        },
        {
            "D-16: an importer's word in the exporter's place",
            "CS1503",
            "static class C { static object M(IScatterGatherOperations o) => ScatterGatherMappingType.OfferPeerToPeer(o, PeerToPeerAcceptance.Accepted, null); }",
            "static class C { static object M(IScatterGatherOperations o) => ScatterGatherMappingType.OfferPeerToPeer(o, PeerToPeerRequirement.None, null); }"
        },
        {
            "16: the legacy fields of the attachment",
            "CS1061",
            "static class C { static object M(Attachment a) => a.Device; }",
            "static class C { static object M(Attachment a) => a.Importer; }"
        },
        {
            "2.9: no direction",
            "CS0117",
            "static class C { static DmaDirection M() => DmaDirection.None; }",
            "static class C { static DmaDirection M() => DmaDirection.ToDevice; }"
        },
        {
            "a DMA address for a physical one",
            "CS1503",
            "static class C { static object M(DmaAddress a) => new PhysicalRange(a, 1); }",
            "static class C { static object M(PhysicalAddress a) => new PhysicalRange(a, 1); }"
        },
        {
            "the attachment of one typed request is that type's",
            "CS0029",
            "static class C { static ScatterGatherAttachment M(DmaBuffer b, DmaBufferImporter i) => b.Attach(i, CpuMappingType.Request()); }",
            "static class C { static CpuAttachment M(DmaBuffer b, DmaBufferImporter i) => b.Attach(i, CpuMappingType.Request()); }"
        },
    };

    [Theory]
    [MemberData(nameof(Programs))]
    public void It_does_not_compile(string what, string error, string forbidden, string allowed)
    {
        Assert.True(Compilation.ErrorsOf(allowed) is [], $"{what}: the allowed program gives {string.Join(' ', Compilation.ErrorsOf(allowed))}");
        string[] errors = Compilation.ErrorsOf(forbidden);
        Assert.True(errors is [var only] && only == error, $"{what}: expected {error}, got '{string.Join(' ', errors)}'");
    }

    private static string Type(string member) => Stranger + $$"""
        sealed class T() : MappingType<string, string, Their>("t", 1)
        {
            protected override Their FinishMatch(in FinishContext context, string offer, string request) => new(in context);
            {{member}}
        }
        """;

    private static string Exporter(string interfaces, string members) => $$"""
        sealed class E() : DmaBufferExporter("e"){{interfaces}}
        {
            protected override OfferSource Offers => null!;
            protected override void OnRelease(DmaBuffer buffer) { }
            {{members}}
        }
        """;
}
