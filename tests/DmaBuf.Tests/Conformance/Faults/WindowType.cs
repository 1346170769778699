namespace DmaBuf.Tests.Conformance.Faults;

/// <summary>A small sound mapping type whose mappings are numbered windows, and which can be told to be faulty in one place.</summary>
internal sealed class WindowType : MappingType<WindowOffer, WindowRequest, WindowAttachment>
{
    private int _asked;

    private WindowType()
        : base("Window", 1)
    {
    }

    internal static WindowType Instance { get; } = new();

    internal static MappingOffer Offer(WindowExporter exporter) => Instance.CreateOffer(new WindowOffer(exporter));

    internal static MappingRequest<WindowAttachment> Request(bool fits) => Instance.CreateRequest(new WindowRequest(fits));

    protected internal override MatchVerdict Match(in MatchContext context, WindowOffer offer, WindowRequest request) => offer.Exporter.Fault switch
    {
        Fault.MatchCounts => context.Decline("count", ++_asked, 0),
        Fault.DeclineWithoutProperty when !request.Fits => context.Decline(string.Empty, offered: true, request.Fits),
        not Fault.MatchAcceptsAll when !request.Fits => context.Decline("fit", offered: true, request.Fits),
        _ => context.Accept(MappingCost.None),
    };

    protected internal override WindowAttachment FinishMatch(in FinishContext context, WindowOffer offer, WindowRequest request)
    {
        WindowExporter exporter = offer.Exporter;
        if (exporter.Fault == Fault.AttachmentIsKept)
        {
            return exporter.Kept ??= new WindowAttachment(in context, exporter);
        }

        WindowAttachment attachment = new(in context, exporter);
        if (exporter.Fault == Fault.FinishAcquires)
        {
            attachment.OwnedUntilDetach.Add(exporter.Open());
        }

        return attachment;
    }

    protected internal override string DescribeOffer(WindowOffer offer) => offer.Exporter.Fault == Fault.DescribesInTwoLines ? "one\ntwo" : "windows";
}
