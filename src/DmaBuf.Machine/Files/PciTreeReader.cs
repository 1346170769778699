namespace DmaBuf.Machine;

/// <summary>Reads a host bridge and the tree below it: ports, and below each nothing, a switch or an endpoint with its functions.</summary>
internal sealed class PciTreeReader(SoftwareMachineBuilder builder, MachineDocumentLimits limits)
{
    private const int Bars = 6;

    public void ReadHostBridge(MachineFacts facts)
    {
        PciHostBridgePolicy policy = facts.GetChoice("policy", PciHostBridgePolicy.NotListed);
        PciRootDevice? first = ReadFirstDevice(facts.TryGetObject("firstDevice"));
        if (first is not null && facts.Has("policy"))
        {
            throw MachineFacts.Wrong(facts.Place, "a policy says what the whitelist would say of firstDevice; remove one of the two");
        }

        ulong busOffset = facts.GetAddress("busOffset", AddressLayout.BusOffset);
        ulong dmaOffset = facts.GetAddress("dmaOffset", AddressLayout.PciDmaOffset);
        PciHostBridgeBuilder bridge = facts.Build(() => builder.AddHostBridge(policy, first, busOffset, dmaOffset));
        if (facts.TryGetNumber("numaNode", RamPlacement.LastNumaNode) is { } numaNode)
        {
            bridge.OnNumaNode(numaNode);
        }

        foreach (MachineFacts port in facts.GetObjects("ports", MachineDocumentLimits.ListLength))
        {
            ReadPort(port, bridge.AddRootPort(ReadAccessControl(port)));
        }

        facts.RequireAllRead();
    }

    private static PciRootDevice? ReadFirstDevice(MachineFacts? facts)
    {
        if (facts is null)
        {
            return null;
        }

        PciRootDevice device = new(
            (ushort)facts.GetNumber("vendor", ushort.MaxValue),
            (ushort)facts.GetNumber("device", ushort.MaxValue),
            facts.GetTruth("atDeviceZero", true),
            facts.GetTruth("rootPort", false));
        facts.RequireAllRead();
        return device;
    }

    private static PciAccessControl ReadAccessControl(MachineFacts facts)
        => facts.GetChoices<PciAccessControl>("accessControl").Aggregate(PciAccessControl.None, static (all, single) => all | single);

    private void ReadPort(MachineFacts facts, PciPortBuilder port)
    {
        MachineFacts? below = facts.TryGetObject("switch");
        MachineFacts? endpoint = facts.TryGetObject("endpoint");
        if (below is not null && endpoint is not null)
        {
            throw MachineFacts.Wrong(facts.Place, "a port has one link, so a switch or an endpoint is below it; remove one, or add a port");
        }

        if (below is not null)
        {
            ReadSwitch(below, port);
        }
        else if (endpoint is not null)
        {
            ReadEndpoint(endpoint, port);
        }

        facts.RequireAllRead();
    }

    private void ReadSwitch(MachineFacts facts, PciPortBuilder above)
    {
        PciSwitchBuilder upstream = above.AddSwitch(ReadAccessControl(facts));
        foreach (MachineFacts port in facts.GetObjects("ports", MachineDocumentLimits.ListLength))
        {
            ReadPort(port, upstream.AddDownstreamPort(ReadAccessControl(port)));
        }

        facts.RequireAllRead();
    }

    private void ReadEndpoint(MachineFacts facts, PciPortBuilder port)
    {
        PciEndpointBuilder first = ReadFunction(facts, port.AddEndpoint);
        foreach (MachineFacts further in facts.GetObjects("furtherFunctions", MachineDocumentLimits.Functions))
        {
            ReadFunction(further, first.AddFunction);
            further.RequireAllRead();
        }

        facts.RequireAllRead();
    }

    /// <summary>What every function has; the first one of a slot may have more members.</summary>
    private PciEndpointBuilder ReadFunction(MachineFacts facts, Func<string, PciAccessControl, PciEndpointBuilder> add)
    {
        string name = facts.GetName("name");
        PciAccessControl accessControl = ReadAccessControl(facts);
        limits.CountFunction(facts.Place);
        PciEndpointBuilder function = facts.Build(() => add(name, accessControl));
        ReadBars(facts, (length, options) => function.AddBar(length, options), copies: 1);
        if (ReadEngine(facts) is { } engine)
        {
            function.WithDmaEngine(engine);
        }

        if (facts.TryGetObject("virtualFunctions") is { } group)
        {
            ReadVirtualFunctions(group, function);
        }

        return function;
    }

    private void ReadVirtualFunctions(MachineFacts facts, PciEndpointBuilder function)
    {
        PciVirtualFunctionOptions options = new()
        {
            Total = facts.GetNumber("total", ushort.MaxValue),
            Enabled = facts.TryGetNumber("enabled", ushort.MaxValue) ?? 0,
            FirstOffset = facts.TryGetNumber("firstOffset", ushort.MaxValue),
            Stride = facts.TryGetNumber("stride", ushort.MaxValue) ?? 1,
            AccessControl = ReadAccessControl(facts),
        };
        PciVirtualFunctionBuilder group = facts.Build(() => function.AddVirtualFunctions(options));
        for (int index = 0; index < options.Total; index++)
        {
            limits.CountFunction(facts.Place);
        }

        ReadBars(facts, (length, bar) => group.AddBar(length, bar), (ulong)options.Total);
        if (ReadEngine(facts) is { } engine)
        {
            group.WithDmaEngine(engine);
        }

        facts.RequireAllRead();
    }

    private DmaEngineOptions? ReadEngine(MachineFacts facts)
    {
        if (facts.TryGetObject("engine") is not { } engine)
        {
            return null;
        }

        DmaEngineOptions options = MachineReader.ReadEngineOptions(builder, engine);
        engine.RequireAllRead();
        return options;
    }

    /// <param name="facts">What has the member <c>bars</c>.</param>
    /// <param name="add">Adds one to the description.</param>
    /// <param name="copies">How many functions will have them.</param>
    private void ReadBars(MachineFacts facts, Func<ulong, PciBarOptions, object> add, ulong copies)
    {
        foreach (MachineFacts bar in facts.GetObjects("bars", Bars))
        {
            ulong length = bar.GetSize("length");
            PciBarOptions options = new()
            {
                PeerToPeer = bar.GetTruth("peerToPeer", true),
                Prefetchable = bar.GetTruth("prefetchable", false),
                Mappable = bar.GetTruth("mappable", true),
            };
            bar.RequireAllRead();
            bar.Build(() => add(length, options));
            for (ulong copy = 0; copy < copies; copy++)
            {
                limits.CountMemory(length, bar.At("length"));
            }
        }
    }
}
