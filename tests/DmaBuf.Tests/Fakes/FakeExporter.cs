namespace DmaBuf.Tests.Fakes;

/// <summary>An exporter that offers what the test says and records what the core calls.</summary>
internal class FakeExporter : DmaBufferExporter
{
    internal FakeExporter(OfferSource? source, string name = "exporter")
        : base(name) => Source = source;

    internal FakeExporter(params MappingOffer[] offers)
        : base("exporter")
    {
        MappingOfferList list = MappingOfferList.Create(offers);
        Source = OfferSource.Computed(_ =>
        {
            OfferCalls++;
            return list;
        });
    }

    internal int OfferCalls { get; private set; }

    internal List<string> Trace { get; } = [];

    internal Action<Attachment>? Attaching { get; set; }

    internal Action<Attachment>? Detaching { get; set; }

    internal bool Going { get; set; }

    internal bool MustRevoke { get; set; }

    internal bool RecordsCalls { get; set; } = true;

    internal int Releases { get; private set; }

    protected internal override OfferSource Offers => Source!;

    protected internal override bool IsGoingAway => Going;

    protected internal override bool RequiresRevocation => MustRevoke;

    private OfferSource? Source { get; }

    protected internal override void OnAttach(Attachment attachment)
    {
        attachment.Buffer.Reservation.ThrowIfHeldByCurrentThread("OnAttach");
        Record("attach");
        Attaching?.Invoke(attachment);
    }

    protected internal override void OnDetach(Attachment attachment)
    {
        attachment.Buffer.Reservation.ThrowIfHeldByCurrentThread("OnDetach");
        Record("detach");
        Detaching?.Invoke(attachment);
    }

    protected internal override void OnRelease(DmaBuffer buffer)
    {
        buffer.Reservation.ThrowIfHeldByCurrentThread("OnRelease");
        Record("release");
        Releases++;
    }

    private void Record(string call)
    {
        if (!RecordsCalls)
        {
            return;
        }

        lock (Trace)
        {
            Trace.Add(call);
        }
    }
}
