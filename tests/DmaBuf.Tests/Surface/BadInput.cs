using DmaBuf.Tests.Fakes;

namespace DmaBuf.Tests.Surface;

/// <summary>
/// Every public entry point of the core given null, blank, unknown or foreign input: the documented exception, and nothing has changed. Locks and
/// proofs stand in <c>LockRulesTests</c>, disposed buffers in <c>ExportTests</c>, lists and tables beside their types.
/// </summary>
public sealed class BadInput : BufferFixture
{
    private readonly FakeType _type = new();

    private delegate void Call(DmaBuffer buffer, FakeAttachment attachment, FakeMapping mapping);

    public static TheoryData<string> Nulls { get; } =
    [
        "Attach importer", "Attach list importer", "Attach request", "Attach list", "TryAttach importer", "TryAttach request", "TryAttach list",
        "Explain importer", "Explain list", "List of null offers", "List of null requests", "OfferSource.Single", "OfferSource.Computed",
        "OfferAnswer.FromOffers", "OfferAnswer.Refuse", "Importer name", "Dynamic importer name", "Exporter name", "Type name", "Unmap", "Unmap locked",
        "Map function", "AddFence", "Export registry", "Export clock", "FaultInjection.Install", "Cpu offer", "Cpu action", "Descriptor offer",
        "Descriptor facts", "IommuDomain offer", "IommuDomain request", "ScatterGather offer", "ScatterGather buffer", "PhysicalAddressList offer",
        "PhysicalAddressAccess.Grant", "Fence context", "Fence callback", "Offer data", "Request data", "Decline property", "Abort reason",
    ];

    public static TheoryData<string, int> Refusals { get; } = new()
    {
        { "BeginCpuAccess 3", (int)Errno.EINVAL },
        { "BeginCpuAccess -1", (int)Errno.EINVAL },
        { "EndCpuAccess 3", (int)Errno.EINVAL },
        { "AddFence usage", (int)Errno.EINVAL },
        { "Cpu offer access", (int)Errno.EINVAL },
        { "Cpu offer coherency", (int)Errno.EINVAL },
        { "Cpu request access", (int)Errno.EINVAL },
        { "Cpu request coherency", (int)Errno.EINVAL },
        { "ScatterGather no device", (int)Errno.EINVAL },
        { "ScatterGather acceptance", (int)Errno.EINVAL },
        { "PhysicalAddressList no permission", (int)Errno.EPERM },
        { "PhysicalAddressAccess blank", (int)Errno.EINVAL },
        { "Attach no request", (int)Errno.EINVAL },
        { "Nested injector", (int)Errno.EBUSY },
    };

    public static TheoryData<string> Arguments { get; } =
    [
        "Importer blank", "Exporter blank", "Type blank", "Type version 0", "Type version -1", "1025 offers", "1025 requests", "Refuse without errno",
        "Abort without errno", "Abort with EOPNOTSUPP", "Abort with a negative number", "Conversion to itself", "Conversion of a conversion",
    ];

    [Theory]
    [MemberData(nameof(Nulls))]
    public void Null_is_refused_with_its_name(string row) => AssertUnchanged(call =>
    {
        ArgumentNullException refused = Assert.Throws<ArgumentNullException>(call);
        Assert.False(string.IsNullOrEmpty(refused.ParamName));
    }, OnNull(row));

    [Theory]
    [MemberData(nameof(Refusals))]
    public void What_cannot_be_is_refused_with_its_errno(string row, int errno)
        => AssertUnchanged(call => Refusal.Expect((Errno)errno, call), OnRefusal(row));

    [Theory]
    [MemberData(nameof(Arguments))]
    public void What_makes_no_sense_is_refused_as_an_argument(string row)
        => AssertUnchanged(static call => Assert.ThrowsAny<ArgumentException>(call), OnArgument(row));

    private void AssertUnchanged(Action<Action> expect, Call call)
    {
        FakeExporter exporter = new(_type.Offer());
        using DmaBuffer buffer = Export(exporter);
        using FakeAttachment attachment = buffer.Attach(Importer, _type.Request());
        using FakeMapping mapping = attachment.MapFake();
        int matches = _type.MatchCalls.Count;
        expect(() => call(buffer, attachment, mapping));
        Assert.Equal((1, 1, 2, 1), (buffer.AttachmentCount, buffer.MappingCount, buffer.ReferenceCount, Registry.Count));
        Assert.Equal((matches, BufferPhase.Live, false), (_type.MatchCalls.Count, buffer.Phase, buffer.Reservation.IsLocked));
        Assert.True(mapping.IsAccessible);
        Assert.Equal(["attach"], exporter.Trace);
        Assert.Empty(buffer.Reservation.Snapshot(FenceUsage.Bookkeep));
    }

    private Call OnNull(string row) => row switch
    {
        "Attach importer" => (buffer, _, _) => buffer.Attach(null!, _type.Request()),
        "Attach list importer" => (buffer, _, _) => buffer.Attach(null!, [_type.Request()]),
        "Attach request" => (buffer, _, _) => buffer.Attach(Importer, (MappingRequest<FakeAttachment>)null!),
        "Attach list" => (buffer, _, _) => buffer.Attach(Importer, (MappingRequestList)null!),
        "TryAttach importer" => (buffer, _, _) => buffer.TryAttach(null!, [_type.Request()], out _, out _),
        "TryAttach request" => (buffer, _, _) => buffer.TryAttach(Importer, (MappingRequest<FakeAttachment>)null!, out _, out _),
        "TryAttach list" => (buffer, _, _) => buffer.TryAttach(Importer, (MappingRequestList)null!, out _, out _),
        "Explain importer" => (buffer, _, _) => buffer.Explain(null!, _type.Request()),
        "Explain list" => (buffer, _, _) => buffer.Explain(Importer, (MappingRequestList)null!),
        "List of null offers" => static (_, _, _) => MappingOfferList.Create((MappingOffer)null!),
        "List of null requests" => static (_, _, _) => MappingRequestList.Create((MappingRequest)null!),
        "OfferSource.Single" => static (_, _, _) => OfferSource.Single(null!),
        "OfferSource.Computed" => static (_, _, _) => OfferSource.Computed(null!),
        "OfferAnswer.FromOffers" => static (_, _, _) => OfferAnswer.FromOffers(null!),
        "OfferAnswer.Refuse" => static (_, _, _) => OfferAnswer.Refuse(Errno.EIO, null!),
        "Importer name" => static (_, _, _) => _ = new DmaBufferImporter(null!),
        "Dynamic importer name" => static (_, _, _) => _ = new FakeDynamicImporter(null!),
        "Exporter name" => static (_, _, _) => _ = new FakeExporter((OfferSource?)null, null!),
        "Type name" => static (_, _, _) => _ = new FakeType(null!),
        "Unmap" => static (_, attachment, _) => attachment.UnmapFake(null!),
        "Unmap locked" => static (buffer, attachment, _) => UnderLock(buffer, (in ReservationLock held) => attachment.UnmapFakeLocked(in held, null!)),
        "Map function" => static (_, attachment, _) => attachment.MapNothing(),
        "AddFence" => static (buffer, attachment, _) => UnderLock(buffer, (in ReservationLock held) => attachment.AddFence(in held, null!, FenceUsage.Read)),
        "Export registry" => (_, _, _) => DmaBuffer.Export(new FakeExporter(_type.Offer()), 1, new DmaBufferExportOptions { Registry = null! }),
        "Export clock" => (_, _, _) => DmaBuffer.Export(
            new FakeExporter(_type.Offer()), 1, new DmaBufferExportOptions { Registry = Registry, TimeProvider = null! }),
        "FaultInjection.Install" => static (_, _, _) => FaultInjection.Install(null!),
        "Cpu offer" => static (_, _, _) => CpuMappingType.Offer(null!),
        "Cpu action" => static (_, _, _) => CpuOfNothing(),
        "Descriptor offer" => static (_, _, _) => DescriptorMappingType.Offer(null!, null!),
        "Descriptor facts" => static (_, _, _) => DescriptorMappingType.Offer(new Mappings.Descriptor.HandleOperations(null), null!),
        "IommuDomain offer" => static (_, _, _) => IommuDomainMappingType.Offer(null!),
        "IommuDomain request" => static (_, _, _) => IommuDomainMappingType.Request(null!),
        "ScatterGather offer" => static (_, _, _) => ScatterGatherMappingType.Offer(null!),
        "ScatterGather buffer" => static (_, _, _) => ScatterGatherAttaching.AttachScatterGather(null!, null),
        "PhysicalAddressList offer" => static (_, _, _) => PhysicalAddressListMappingType.Offer(null!),
        "PhysicalAddressAccess.Grant" => static (_, _, _) => PhysicalAddressAccess.Grant(null!),
        "Fence context" => static (_, _, _) => _ = new FenceContext(null!),
        "Fence callback" => static (_, _, _) => new FenceContext("c").CreateFence().Fence.OnSignaled(null!, null),
        "Offer data" => (_, _, _) => _type.Offer(null!),
        "Request data" => (_, _, _) => _type.Request(null!),
        "Decline property" => static (_, _, _) => default(MatchContext).Decline(null!, 1, 2),
        "Abort reason" => static (_, _, _) => default(MatchContext).Abort(Errno.EIO, null!),
        _ => throw new ArgumentOutOfRangeException(nameof(row), row, "no such row"),
    };

    private Call OnRefusal(string row) => row switch
    {
        "BeginCpuAccess 3" => static (buffer, _, _) => buffer.BeginCpuAccess((DmaDirection)3),
        "BeginCpuAccess -1" => static (buffer, _, _) => buffer.BeginCpuAccess((DmaDirection)(-1)),
        "EndCpuAccess 3" => static (buffer, _, _) => buffer.EndCpuAccess((DmaDirection)3),
        "AddFence usage" => static (buffer, attachment, _) => UnderLock(
            buffer, (in ReservationLock held) => attachment.AddFence(in held, new FenceContext("c").CreateFence().Fence, (FenceUsage)17)),
        "Cpu offer access" => static (_, _, _) => CpuMappingType.Offer(new Mappings.Cpu.MaintainingExporter(null), (CpuAccess)9),
        "Cpu offer coherency" => static (_, _, _) => CpuMappingType.Offer(new Mappings.Cpu.MaintainingExporter(null), CpuAccess.Read, (CpuCoherency)9),
        "Cpu request access" => static (_, _, _) => CpuMappingType.Request(0),
        "Cpu request coherency" => static (_, _, _) => CpuMappingType.Request(CpuAccess.Read, (CpuCoherency)(-1)),
        "ScatterGather no device" => static (_, _, _) => ScatterGatherMappingType.Request(null),
        "ScatterGather acceptance" => static (_, _, _) => ScatterGatherMappingType.Request(new Conformance.DirectDevice(), (PeerToPeerAcceptance)2),
        "PhysicalAddressList no permission" => static (_, _, _) => PhysicalAddressListMappingType.Request(null),
        "PhysicalAddressAccess blank" => static (_, _, _) => PhysicalAddressAccess.Grant(" "),
        "Attach no request" => (buffer, _, _) => buffer.Attach(Importer),
        "Nested injector" => static (_, _, _) =>
        {
            using IDisposable injector = FaultInjection.Install(static _ => false);
            FaultInjection.Install(static _ => false);
        }
        ,
        _ => throw new ArgumentOutOfRangeException(nameof(row), row, "no such row"),
    };

    private Call OnArgument(string row) => row switch
    {
        "Importer blank" => static (_, _, _) => _ = new DmaBufferImporter(" "),
        "Exporter blank" => static (_, _, _) => _ = new FakeExporter((OfferSource?)null, string.Empty),
        "Type blank" => static (_, _, _) => _ = new FakeType("\t"),
        "Type version 0" => static (_, _, _) => _ = new FakeType("A", 0),
        "Type version -1" => static (_, _, _) => _ = new FakeType("A", -1),
        "1025 offers" => (_, _, _) => MappingOfferList.Create([.. Enumerable.Repeat(_type.Offer(), 1025)]),
        "1025 requests" => (_, _, _) => MappingRequestList.Create([.. Enumerable.Repeat((MappingRequest)_type.Request(), 1025)]),
        "Refuse without errno" => static (_, _, _) => OfferAnswer.Refuse(Errno.None, "nothing"),
        "Abort without errno" => static (_, _, _) => default(MatchContext).Abort(Errno.None, "nothing"),
        "Abort with EOPNOTSUPP" => static (_, _, _) => default(MatchContext).Abort(Errno.EOPNOTSUPP, "a decline"),
        "Abort with a negative number" => static (_, _, _) => default(MatchContext).Abort((Errno)(-5), "negative"),
        "Conversion to itself" => (_, _, _) => _type.OfferConvertible("a", _type.Offer()),
        "Conversion of a conversion" => (_, _, _) => new FakeType("B").OfferConvertible("b", _type.OfferConvertible("a", new FakeType("C").Offer())),
        _ => throw new ArgumentOutOfRangeException(nameof(row), row, "no such row"),
    };

    private static void UnderLock(DmaBuffer buffer, LockedCall call)
    {
        using ReservationLock held = buffer.Reservation.Lock();
        call(in held);
    }

    /// <summary>A mapping with a missing action; its own buffer, because the table's buffer offers no CPU access.</summary>
    private static void CpuOfNothing()
    {
        Mappings.Cpu.MaintainingExporter exporter = new(new Mappings.Cpu.WindowedMemory(1));
        using DmaBuffer buffer = DmaBuffer.Export(exporter, 1, new DmaBufferExportOptions { Registry = new DmaBufferRegistry() });
        using CpuAttachment attachment = buffer.Attach(new DmaBufferImporter("cpu"), CpuMappingType.Request());
        using CpuMapping mapping = attachment.MapCpu();
        mapping.Read(0, (CpuReadAction<int>)null!);
    }
}
