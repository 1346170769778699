using System.Globalization;

namespace DmaBuf.Machine.Tests;

/// <summary>
/// A random machine and, noted while it was described, all that the reference needs: for each endpoint the names of the bridges above it
/// and everybody's bits. Nothing of it is read back from the machine.
/// </summary>
internal sealed class RandomPciTree
{
    private static readonly (PciRootDevice First, char Row)[] Roots =
    [
        (new PciRootDevice(0x8086, 0x3C00), 's'), (new PciRootDevice(0x8086, 0x2F01), 's'), (new PciRootDevice(0x8086, 0x2030), 'y'),
        (new PciRootDevice(0x8086, 0x09A2, IsAtDeviceZero: false, IsRootPort: true), 'y'), (new PciRootDevice(0x1AE0, 0x1234), 'y'),
        (new PciRootDevice(0x8086, 0x1234), 'n'), (new PciRootDevice(0x8086, 0x2030, IsAtDeviceZero: false), 'n'),
    ];

    private readonly Random _random;
    private int _names;

    public RandomPciTree(int seed)
    {
        _random = new Random(seed);
        ProcessorForwards = _random.Next(5) == 0;
        SoftwareMachineBuilder builder = new SoftwareMachineBuilder().AddRam(new PhysicalAddress(0x1000_0000), 0x10_000);
        builder.Processor = new Processor(ProcessorVendor.Amd, ProcessorForwards ? 0x17 + _random.Next(4) : 0x16);
        for (int bridge = 0, bridges = _random.Next(1, 4); bridge < bridges; bridge++)
        {
            (PciRootDevice first, char row) = Roots[_random.Next(Roots.Length)];
            PciHostBridgeBuilder host = builder.AddHostBridge(first);
            for (int port = 0, ports = _random.Next(1, 4); port < ports; port++)
            {
                PciAccessControl bits = Bits();
                Fill(host.AddRootPort(bits), [Name(bits)], bridge, row, depth: 0);
            }
        }

        Machine = builder.Build();
    }

    public SoftwareMachine Machine { get; }

    public bool ProcessorForwards { get; }

    /// <summary>Each endpoint: its name, the bridges above it from the nearest up, its host bridge's number and row (y, s, n).</summary>
    public List<(string Name, string[] Above, int Host, char Row)> Endpoints { get; } = [];

    /// <summary>Bits by name, of endpoints and bridges.</summary>
    public Dictionary<string, PciAccessControl> BitsOf { get; } = [];

    /// <summary>Each endpoint as provider with each as client, itself included.</summary>
    public IEnumerable<(int Provider, int Client)> Pairs =>
        from provider in Enumerable.Range(0, Endpoints.Count)
        from client in Enumerable.Range(0, Endpoints.Count)
        select (provider, client);

    private void Fill(PciPortBuilder port, string[] above, int host, char row, int depth)
    {
        if (depth < 3 && _random.Next(2) == 0)
        {
            PciAccessControl upstreamBits = Bits();
            PciSwitchBuilder below = port.AddSwitch(upstreamBits);
            string[] withUpstream = [Name(upstreamBits), .. above];
            for (int index = 0, ports = _random.Next(1, 4); index < ports; index++)
            {
                PciAccessControl bits = Bits();
                Fill(below.AddDownstreamPort(bits), [Name(bits), .. withUpstream], host, row, depth + 1);
            }

            return;
        }

        PciEndpointBuilder? endpoint = null;
        for (int function = 0, functions = _random.Next(1, 4); function < functions; function++)
        {
            PciAccessControl bits = Bits();
            string name = Name(bits);
            endpoint = endpoint?.AddFunction(name, bits) ?? port.AddEndpoint(name, bits);
            endpoint.AddBar(0x1000).WithDmaEngine();
            Endpoints.Add((name, above, host, row));
        }
    }

    private string Name(PciAccessControl bits)
    {
        string name = string.Create(CultureInfo.InvariantCulture, $"n{_names++}");
        BitsOf.Add(name, bits);
        return name;
    }

    private PciAccessControl Bits() => _random.Next(6) == 0 ? (PciAccessControl)_random.Next(32) : PciAccessControl.None;
}
