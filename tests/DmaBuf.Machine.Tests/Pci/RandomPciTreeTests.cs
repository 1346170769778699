namespace DmaBuf.Machine.Tests;

/// <summary>Routes over random trees against the slow reference; the attaches that depend on them are <see cref="PeerToPeerMatrixTests"/>. A failure names its seed.</summary>
public sealed class RandomPciTreeTests
{
    private const int Trees = 300;

    [Fact]
    public void Every_route_of_random_trees_is_what_the_rules_say()
    {
        int start = Random.Shared.Next();
        int pairs = 0;
        HashSet<PeerToPeerMapType> seen = [];
        for (int seed = start; seed != unchecked(start + Trees); seed = unchecked(seed + 1))
        {
            RandomPciTree tree = new(seed);
            foreach ((int provider, int client) in tree.Pairs)
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
}
