using DmaBuf.Tests.Fakes;

namespace DmaBuf.Tests.Defects.Mutants;

/// <summary>
/// An exporter of a device's memory whose offer function reads the device: through a reference of its own that lasts from export to release, or, as the first
/// posted version did, through the pointer that closing the device clears (D-3).
/// </summary>
internal sealed class DeviceExporter : DmaBufferExporter
{
    private readonly MappingOffer _offer;
    private readonly Func<DeviceExporter, object> _device;

    internal DeviceExporter(MappingOffer offer, Func<DeviceExporter, object> device)
        : base("device")
    {
        _offer = offer;
        _device = device;
        ClearedAtClose = OwnReference;
        Offers = OfferSource.Computed(_ => OfferNow());
    }

    internal object OwnReference { get; } = new();

    internal object? ClearedAtClose { get; private set; }

    internal Action? BeforeTheDeviceIsRead { get; set; }

    protected internal override OfferSource Offers { get; }

    internal void Close(DmaBuffer buffer)
    {
        ClearedAtClose = null;
        Refusal.Ended(buffer.CloseAsync(TimeSpan.Zero));
    }

    protected internal override void OnRelease(DmaBuffer buffer)
    {
    }

    private OfferAnswer OfferNow()
    {
        BeforeTheDeviceIsRead?.Invoke();
        _ = _device(this).ToString();
        return MappingOfferList.Create(_offer);
    }
}
