namespace DmaBuf.Machine;

/// <summary>Reads the outermost object of a description: what belongs to the machine as a whole. The trees below host bridges are <see cref="PciTreeReader"/>'s.</summary>
internal static class MachineReader
{
    public static SoftwareMachineBuilder Read(MachineFacts machine)
    {
        SoftwareMachineBuilder builder = new();
        MachineDocumentLimits limits = new();
        ReadHead(machine);
        builder.Processor = ReadProcessor(machine.TryGetObject("processor"));
        builder.PlatformDmaOffset = machine.GetAddress("platformDmaOffset", AddressLayout.PlatformDmaOffset);
        if (machine.Has("hostBridgeWhitelist"))
        {
            builder.HostBridgeWhitelist = new PciHostBridgeWhitelist([.. machine.GetObjects("hostBridgeWhitelist", MachineDocumentLimits.ListLength).Select(ReadWhitelistEntry)]);
        }

        foreach (MachineFacts ram in machine.GetObjects("ram", MachineDocumentLimits.ListLength))
        {
            ReadRam(builder, ram, limits);
        }

        foreach (MachineFacts iommu in machine.GetObjects("iommus", MachineDocumentLimits.ListLength))
        {
            ReadIommu(builder, iommu);
        }

        if (machine.Has("bouncePool"))
        {
            ulong length = machine.GetSize("bouncePool");
            machine.Build(() => builder.AddBouncePool(length));
        }

        PciTreeReader tree = new(builder, limits);
        foreach (MachineFacts bridge in machine.GetObjects("hostBridges", MachineDocumentLimits.ListLength))
        {
            tree.ReadHostBridge(bridge);
        }

        foreach (MachineFacts engine in machine.GetObjects("engines", MachineDocumentLimits.Functions))
        {
            ReadPlatformEngine(builder, engine, limits);
        }

        machine.RequireAllRead();
        return builder;
    }

    /// <summary>How an engine reaches memory; a member of <see cref="DmaEngineOptions"/> is a line.</summary>
    public static DmaEngineOptions ReadEngineOptions(SoftwareMachineBuilder builder, MachineFacts engine) => new()
    {
        Iommu = ReadIommuName(builder, engine),
        LastAddress = new DmaAddress(engine.GetAddress("lastAddress", ulong.MaxValue)),
        SegmentLimits = ReadSegmentLimits(engine.TryGetObject("segmentLimits")),
    };

    private static DmaSegmentLimits ReadSegmentLimits(MachineFacts? facts)
    {
        if (facts is null)
        {
            return DmaSegmentLimits.None;
        }

        ulong maximumLength = facts.GetSize("maximumLength", uint.MaxValue);
        ulong boundary = facts.GetSize("boundary", 0);
        facts.RequireAllRead();

        // A boundary of 0 is none, whose mask has all bits.
        return maximumLength <= uint.MaxValue
            ? facts.Build(() => new DmaSegmentLimits((uint)maximumLength, unchecked(boundary - 1)))
            : throw MachineFacts.Wrong(facts.At("maximumLength"), "an entry has less than 4 GiB; write less, or leave it out");
    }

    // For people and their editors; nothing depends on the first and the last.
    private static void ReadHead(MachineFacts machine)
    {
        machine.TryGetText("$schema");
        machine.TryGetText("description");
        if (machine.TryGetText("format") is { } format && format != MachineDocument.Format)
        {
            throw MachineFacts.Wrong("format", $"{MachineNumber.Quote(format)} is not known; this version reads '{MachineDocument.Format}' alone");
        }
    }

    private static Processor? ReadProcessor(MachineFacts? facts)
    {
        if (facts is null)
        {
            return null;
        }

        Processor processor = new(facts.GetChoice<ProcessorVendor>("vendor"), facts.GetNumber("family", ushort.MaxValue));
        facts.RequireAllRead();
        return processor;
    }

    private static PciHostBridgeEntry ReadWhitelistEntry(MachineFacts facts)
    {
        PciHostBridgeEntry entry = new(
            (ushort)facts.GetNumber("vendor", ushort.MaxValue),
            (ushort?)facts.TryGetNumber("device", ushort.MaxValue),
            facts.GetTruth("sameBridgeOnly", false));
        facts.RequireAllRead();
        return entry;
    }

    private static void ReadRam(SoftwareMachineBuilder builder, MachineFacts facts, MachineDocumentLimits limits)
    {
        PhysicalAddress start = new(facts.GetAddress("start"));
        ulong length = facts.GetSize("length");
        int numaNode = facts.TryGetNumber("numaNode", RamPlacement.LastNumaNode) ?? 0;
        facts.RequireAllRead();
        facts.Build(() => builder.AddRam(start, length, numaNode));
        limits.CountMemory(length, facts.At("length"));
    }

    private static void ReadIommu(SoftwareMachineBuilder builder, MachineFacts facts)
    {
        string name = facts.GetName("name");
        DmaRange aperture = ReadAperture(facts.TryGetObject("aperture"));
        ulong smallestPage = facts.GetSize("smallestPage", MachinePage.Size);
        facts.RequireAllRead();
        facts.Build(() => builder.AddIommu(name, aperture, smallestPage));
    }

    private static DmaRange ReadAperture(MachineFacts? facts)
    {
        if (facts is null)
        {
            return new DmaRange(new DmaAddress(AddressLayout.IovaStart), AddressLayout.IovaLength);
        }

        DmaRange aperture = new(new DmaAddress(facts.GetAddress("start")), facts.GetSize("length"));
        facts.RequireAllRead();
        return aperture;
    }

    private static void ReadPlatformEngine(SoftwareMachineBuilder builder, MachineFacts facts, MachineDocumentLimits limits)
    {
        string name = facts.GetName("name");
        DmaEngineOptions options = ReadEngineOptions(builder, facts) with { NumaNode = facts.TryGetNumber("numaNode", RamPlacement.LastNumaNode) };
        facts.RequireAllRead();
        limits.CountFunction(facts.Place);
        facts.Build(() => builder.AddPlatformDmaEngine(name, options));
    }

    // Here and not when the machine is built, because here the place is known.
    private static string? ReadIommuName(SoftwareMachineBuilder builder, MachineFacts engine)
    {
        string? name = engine.TryGetName("iommu");
        return name is null || builder.Iommus.Exists(iommu => iommu.Name == name)
            ? name
            : throw MachineFacts.Wrong(engine.At("iommu"), $"there is no IOMMU '{name}'; add it to iommus, or correct the name");
    }
}
