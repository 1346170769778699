namespace DmaBuf.Tests.Mappings.IommuDomain;

/// <summary>Operations that write down what the core asks for.</summary>
internal sealed class RecordingOperations : IIommuDomainOperations
{
    internal List<string> Trace { get; } = [];

    internal Exception? FailMap { get; set; }

    public object? MapIommuDomain(IommuDomainAttachment attachment, DmaAddress address, DmaDirection direction, in ReservationLock held)
    {
        held.Reservation.ThrowIfNotHeldBy(in held);
        if (FailMap is { } failure)
        {
            throw failure;
        }

        Trace.Add($"map {address.Value:x} {direction}");
        return $"state of {address.Value:x}";
    }

    public void UnmapIommuDomain(IommuDomainAttachment attachment, DmaAddress address, object? state, in ReservationLock held)
    {
        held.Reservation.ThrowIfNotHeldBy(in held);
        Trace.Add($"unmap {address.Value:x}, {state}");
    }
}
