namespace DmaBuf.Machine.Tests;

/// <summary>
/// The matrix of spec 4.4, row by row over random trees: which pair is declined (the kernel's EOPNOTSUPP of a match, which makes an attach EINVAL when nothing else is left), for
/// which property, and whether the distance was looked up for it. A failure names its seed.
/// </summary>
public sealed class PeerToPeerMatrixTests
{
    private const int Trees = 10;

    private static readonly DmaBufferImporter s_static = new("static");

    private readonly DmaBufferRegistry _registry = new();

    private enum Row
    {
        NothingRequired,
        DeviceMissing,
        NotAccepted,
        NoPath,
        Path,
    }

    [Fact]
    public void Each_row_agrees_or_is_declined_for_its_property_and_looks_the_distance_up_only_where_it_decides()
    {
        int[] rows = new int[5];
        int start = Random.Shared.Next();
        for (int seed = start; seed != unchecked(start + Trees); seed = unchecked(seed + 1))
        {
            RandomPciTree tree = new(seed);
            foreach ((int provider, int client) in tree.Pairs)
            {
                CountingPciDevice device = new(tree.Machine.GetPciFunction(tree.Endpoints[provider].Name));
                DmaEngineDevice engine = tree.Machine.GetEngine(tree.Endpoints[client].Name);
                bool reachable = PeerToPeerReference.Find(tree, provider, client).Distance >= 0;
                foreach ((bool requires, bool present, bool dynamic, bool accepts) in Cells)
                {
                    Row row = !requires ? Row.NothingRequired
                        : !present ? Row.DeviceMissing
                        : !accepts || !dynamic ? Row.NotAccepted
                        : reachable ? Row.Path : Row.NoPath;
                    string found = Check(row, requires, present ? device : null, device, dynamic, accepts, engine);
                    Assert.True(found.Length == 0, $"seed {seed}: {device.Address} to {engine.Name}, {row}, dynamic {dynamic}, accepts {accepts}: {found}");
                    rows[(int)row]++;
                }
            }
        }

        Assert.All(rows, static count => Assert.True(count > 0));
        Assert.Equal((0, 0L), (_registry.Count, _registry.ProblemCount));
    }

    [Fact]
    public void The_exporters_of_the_machine_follow_it()
    {
        int[] outcomes = new int[2];
        int start = Random.Shared.Next();
        for (int seed = start; seed != unchecked(start + Trees); seed = unchecked(seed + 1))
        {
            RandomPciTree tree = new(seed);
            foreach ((int provider, int client) in tree.Pairs)
            {
                DmaEngineDevice engine = tree.Machine.GetEngine(tree.Endpoints[client].Name);
                PciFunction function = tree.Machine.GetPciFunction(tree.Endpoints[provider].Name);
                using VfioPciDevice vfio = new(function);
                bool reachable = PeerToPeerReference.Find(tree, provider, client).Distance >= 0;
                DmaBufferExportOptions options = new() { Registry = _registry, Name = "matrix" };
                using DmaBuffer ram = RamExporter.Export(tree.Machine, 0x1000, options);
                using DmaBuffer bar = PeerToPeerBarExporter.Export(tree.Machine, function.Bars[0], 0, 0x1000, options);
                using DmaBuffer ranges = vfio.CreateBuffer(0, [new BarRange(0, 0x1000)], options);
                foreach ((bool accepts, bool dynamic) in new[] { (false, false), (false, true), (true, false), (true, true) })
                {
                    Assert.Null(Attach(ram, engine, dynamic, accepts, out _));
                    foreach (DmaBuffer memory in new[] { bar, ranges })
                    {
                        Negotiation? failure = Attach(memory, engine, dynamic, accepts, out _);
                        Assert.True((failure is null) == (dynamic && accepts && reachable), $"seed {seed}: {function} to {engine.Name}, dynamic {dynamic}, accepts {accepts}: {failure}");
                        Assert.Equal(failure is null ? Errno.None : Errno.EINVAL, failure?.Errno ?? Errno.None);
                        outcomes[failure is null ? 1 : 0]++;
                    }
                }
            }

            Assert.Equal((0, 0L, 0UL), (_registry.Count, _registry.ProblemCount, tree.Machine.Ram.AllocatedBytes));
            Assert.All(tree.Machine.Engines, static engine => Assert.Equal(0, engine.LiveMappingCount));
        }

        Assert.All(outcomes, static count => Assert.True(count > 0));
    }

    [Theory]
    [InlineData(2)]
    [InlineData(-1)]
    [InlineData(int.MaxValue)]
    public void Any_other_value_is_EINVAL_for_either_role_and_makes_neither_offer_nor_request(int value)
    {
        SoftwareMachine machine = SoftwareMachine.CreateSample();
        CountingPciDevice gpu = new(machine.GetPciFunction(SampleMachine.Gpu));
        Expect.Fails(Errno.EINVAL, () => _ = new MatrixExporter((PeerToPeerRequirement)value, gpu));
        Expect.Fails(Errno.EINVAL, () => ScatterGatherMappingType.Request(machine.GetEngine(SampleMachine.PeerEngine), (PeerToPeerAcceptance)value));
        Assert.Equal(0, gpu.Lookups);
    }

    private static IEnumerable<(bool Requires, bool Present, bool Dynamic, bool Accepts)> Cells =>
        Enumerable.Range(0, 16).Select(static cell => ((cell & 1) != 0, (cell & 2) != 0, (cell & 4) != 0, (cell & 8) != 0));

    /// <summary>What is wrong with a cell, in words; empty: nothing.</summary>
    private string Check(Row row, bool requires, IPciDevice? exporting, CountingPciDevice counting, bool dynamic, bool accepts, DmaEngineDevice engine)
    {
        PeerToPeerRequirement requirement = requires ? PeerToPeerRequirement.RequiresDistance : PeerToPeerRequirement.None;
        DmaBufferExportOptions options = new() { Registry = _registry, Name = "matrix" };

        // With a table for everybody behind it every attach succeeds, so that nobody looks anything up for an explanation.
        using DmaBuffer lenient = DmaBuffer.Export(new MatrixExporter(requirement, exporting, plainBehind: true), 4096, options);
        int before = counting.Lookups;
        Negotiation? none = Attach(lenient, engine, dynamic, accepts, out int offer);
        int lookups = counting.Lookups - before;
        bool agrees = row is Row.NothingRequired or Row.Path;
        if (none is not null || offer != (agrees ? 0 : 1) || lookups != (row is Row.Path or Row.NoPath ? 1 : 0))
        {
            return $"offer {offer} after {lookups} look-ups, {none}";
        }

        using DmaBuffer strict = DmaBuffer.Export(new MatrixExporter(requirement, exporting), 4096, options);
        Negotiation? failure = Attach(strict, engine, dynamic, accepts, out _);
        if (agrees || failure is null)
        {
            return agrees == failure is null ? string.Empty : $"ended with {failure}";
        }

        NegotiationPair pair = Assert.Single(failure.Pairs);
        string property = row == Row.NoPath ? "peer-to-peer route" : "peer-to-peer";
        return (failure.Errno, pair.Result, pair.Decline?.Property) == (Errno.EINVAL, NegotiationPairResult.Declined, property) ? string.Empty : $"ended with {failure}";
    }

    private static Negotiation? Attach(DmaBuffer buffer, DmaEngineDevice engine, bool dynamic, bool accepts, out int offer)
    {
        MappingRequest request = ScatterGatherMappingType.Request(engine, accepts ? PeerToPeerAcceptance.Accepted : PeerToPeerAcceptance.NotAccepted);
        bool attached = buffer.TryAttach(dynamic ? new LettingGo() : s_static, [request], out Attachment? attachment, out Negotiation? failure);
        offer = attachment?.OfferIndex ?? -1;
        attachment?.Dispose();
        return attached ? null : failure;
    }
}
