namespace DmaBuf.Tests.Fakes;

/// <summary>A dynamic importer that does what the test says when told to let go.</summary>
internal sealed class FakeDynamicImporter(string name = "dynamic") : DynamicImporter(name)
{
    internal delegate void Invalidated(Attachment attachment, InvalidateReason reason, in ReservationLock held);

    internal List<(Attachment Attachment, InvalidateReason Reason)> Calls { get; } = [];

    internal Invalidated? Action { get; set; }

    protected internal override void OnInvalidate(Attachment attachment, InvalidateReason reason, in ReservationLock held)
    {
        held.Reservation.ThrowIfNotHeldBy(in held);
        Calls.Add((attachment, reason));
        Action?.Invoke(attachment, reason, in held);
    }
}
