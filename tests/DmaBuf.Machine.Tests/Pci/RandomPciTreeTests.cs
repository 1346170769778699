namespace DmaBuf.Machine.Tests;

/// <summary>Routes, and the attaches that depend on them, over random trees against the slow reference. A failure names its seed.</summary>
public sealed class RandomPciTreeTests
{
    private const int Trees = 300;

    private static readonly DmaBufferImporter StaticImporter = new("static");

    [Fact]
    public void Every_route_of_random_trees_is_what_the_rules_say()
    {
        int start = Random.Shared.Next();
        int pairs = 0;
        HashSet<PeerToPeerMapType> seen = [];
        for (int seed = start; seed != unchecked(start + Trees); seed = unchecked(seed + 1))
        {
            RandomPciTree tree = new(seed);
            foreach ((int provider, int client) in Pairs(tree))
            {
                PciFunction from = tree.Machine.GetPciFunction(tree.Endpoints[provider].Name);
                PciFunction to = tree.Machine.GetPciFunction(tree.Endpoints[client].Name);
                PeerToPeerRoute route = from.RouteFrom(to);
                (PeerToPeerMapType, int) expected = PeerToPeerReference.Find(tree, provider, client);
                Assert.True(expected == (route.MapType, route.Distance), $"seed {seed}: expected {expected}, found\n{from.ExplainRouteFrom(to)}");
                Assert.True(route == from.RouteFrom(to), $"seed {seed}: the cached route differs");
                seen.Add(route.MapType);
                pairs++;
            }
        }

        Assert.True(pairs > 5000, $"only {pairs} pairs from seed {start}");
        Assert.Equal(3, seen.Count);
    }

    [Fact]
    public void Attaches_over_random_trees_agree_exactly_when_the_matrix_and_the_rules_say_so()
    {
        int start = Random.Shared.Next();
        int[] outcomes = new int[2];
        for (int seed = start; seed != unchecked(start + 12); seed = unchecked(seed + 1))
        {
            RandomPciTree tree = new(seed);
            DmaBufferRegistry registry = new();
            foreach ((int provider, int client) in Pairs(tree))
            {
                DmaEngineDevice engine = tree.Machine.GetEngine(tree.Endpoints[client].Name);
                PciBar bar = tree.Machine.GetPciFunction(tree.Endpoints[provider].Name).Bars[0];
                bool reachable = PeerToPeerReference.Find(tree, provider, client).Distance >= 0;
                foreach ((bool requires, bool dynamic, bool accepts) in Cells)
                {
                    DmaBufferExportOptions options = new() { Registry = registry, Name = "matrix" };
                    using DmaBuffer buffer = requires
                        ? PeerToPeerBarExporter.Export(tree.Machine, bar, 0, 0x1000, options)
                        : RamExporter.Export(tree.Machine, 0x1000, options);
                    DmaBufferImporter importer = dynamic ? new LettingGo() : StaticImporter;
                    MappingRequest<ScatterGatherAttachment> request = accepts
                        ? ScatterGatherMappingType.Request(engine, PeerToPeerAcceptance.Accepted)
                        : ScatterGatherMappingType.Request(engine);
                    bool agreed = Agrees(buffer, importer, request);
                    bool expected = !requires || (dynamic && accepts && reachable);
                    Assert.True(expected == agreed,
                        $"seed {seed}: {bar.Function} to {engine.Name}, requires {requires}, dynamic {dynamic}, accepts {accepts}: agreed {agreed}");
                    outcomes[agreed ? 1 : 0]++;
                }
            }

            Assert.Equal((0, 0L, 0UL), (registry.Count, registry.ProblemCount, tree.Machine.Ram.AllocatedBytes));
            Assert.All(tree.Machine.Engines, static engine => Assert.Equal(0, engine.LiveMappingCount));
        }

        Assert.All(outcomes, static count => Assert.True(count > 0));
    }

    private static IEnumerable<(bool Requires, bool Dynamic, bool Accepts)> Cells =>
        Enumerable.Range(0, 8).Select(static cell => ((cell & 1) != 0, (cell & 2) != 0, (cell & 4) != 0));

    private static IEnumerable<(int Provider, int Client)> Pairs(RandomPciTree tree) =>
        from provider in Enumerable.Range(0, tree.Endpoints.Count)
        from client in Enumerable.Range(0, tree.Endpoints.Count)
        select (provider, client);

    private static bool Agrees(DmaBuffer buffer, DmaBufferImporter importer, MappingRequest<ScatterGatherAttachment> request)
    {
        try
        {
            buffer.Attach(importer, request).Dispose();
            return true;
        }
        catch (DmaBufException refusal) when (refusal.Errno is Errno.EOPNOTSUPP or Errno.EINVAL)
        {
            return false;
        }
    }
}
