using DmaBuf.Testing;

namespace DmaBuf.Machine.Tests.Drivers;

/// <summary>The link's mapping type, of a movable GPU's buffer.</summary>
internal sealed class GpuLinkSubject : MappingTypeSubject
{
    private readonly SoftwareMachine _machine = SoftwareMachine.CreateSample();
    private readonly GpuLink _link = new("hive 0");
    private readonly GpuLinkPort _importer;
    private readonly GraphicsProcessor _gpu;

    internal GpuLinkSubject()
    {
        _gpu = new GraphicsProcessor(_machine, _machine.GetPciFunction(SampleMachine.Gpu).Bars[0], port: _link.Connect());
        _importer = _link.Connect();
    }

    public override DmaBuffer Export(DmaBufferExportOptions options) => _gpu.Export(3 * Expect.Page, null, options);

    public override MappingRequest AcceptedRequest() => GpuLinkMappingType.Request(_importer);

    public override MappingRequest? DeclinedRequest() => GpuLinkMappingType.Request(new GpuLink("hive 1").Connect());

    public override Mapping Map(Attachment attachment) => ((GpuLinkAttachment)attachment).MapGpuLink();

    public override Mapping? MapLocked(Attachment attachment, in ReservationLock held) => ((GpuLinkAttachment)attachment).MapGpuLinkLocked(in held);

    public override void Access(Mapping mapping, Action inside) => ((GpuLinkMapping)mapping).Use(range =>
    {
        _importer.Write(range.Start, [7]);
        inside();
        return 0;
    });

    public override Func<bool>? KeepWayIn(Mapping mapping)
    {
        GpuLinkAddress address = ((GpuLinkMapping)mapping).Use(static range => range.Start);
        return () =>
        {
            try
            {
                _importer.Read(address, new byte[1]);
                return true;
            }
            catch (DmaBufException fault) when (fault.Errno == Errno.EFAULT)
            {
                return false;
            }
        };
    }

    public override string? FindLeftovers() => (_link.OpenWindows, _gpu.AllocatedBytes, _gpu.PowerReferences) == (0, 0UL, 0)
        ? null
        : $"{_link.OpenWindows} windows, {_gpu.AllocatedBytes} bytes of device memory and {_gpu.PowerReferences} power references";
}
