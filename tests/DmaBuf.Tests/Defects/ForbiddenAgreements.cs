namespace DmaBuf.Tests.Defects;

/// <summary>What cannot be written of mapping types, exporters, importers and what they agree on.</summary>
internal static class ForbiddenAgreements
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
            "an offer of a stranger's making",
            "CS0122",
            "sealed class O : MappingOffer { public O() : base(null!, null!) { } }",
            "static class C { static MappingOffer M(ICpuOperations o) => CpuMappingType.Offer(o); }"
        },
        {
            "D-7: an offer that was not filled",
            "CS0165",
            "static class C { static MappingOfferList M(MappingOffer o, bool both) { MappingOffer second; if (both) { second = o; } return [o, second]; } }",
            "static class C { static MappingOfferList M(MappingOffer o, bool both) { MappingOffer second = o; if (both) { second = o; } return [o, second]; } }"
        },
        {
            "D-7: a count beside the offers",
            "CS1503",
            "static class C { static MappingOfferList M(MappingOffer[] o) => MappingOfferList.Create(o, 2); }",
            "static class C { static MappingOfferList M(MappingOffer[] o) => MappingOfferList.Create(o); }"
        },
        {
            "the attachment of one typed request is that type's",
            "CS0029",
            "static class C { static ScatterGatherAttachment M(DmaBuffer b, DmaBufferImporter i) => b.Attach(i, CpuMappingType.Request()); }",
            "static class C { static CpuAttachment M(DmaBuffer b, DmaBufferImporter i) => b.Attach(i, CpuMappingType.Request()); }"
        },
    };

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
