using DmaBuf.Sharing;

namespace DmaBuf.Tool;

/// <summary>The policies for slow subscribers, as they are typed and shown.</summary>
internal static class PolicyNames
{
    private static readonly (string Name, SlowSubscriberPolicy Policy)[] s_all =
    [
        ("block", SlowSubscriberPolicy.Block), ("drop-oldest", SlowSubscriberPolicy.DropOldest), ("drop-newest", SlowSubscriberPolicy.DropNewest), ("disconnect", SlowSubscriberPolicy.Disconnect),
    ];

    internal static string All => string.Join(", ", s_all.Select(static each => each.Name));

    internal static string Of(SlowSubscriberPolicy policy) => s_all.First(each => each.Policy == policy).Name;

    internal static SlowSubscriberPolicy? Find(string name) => s_all.Where(each => each.Name == name).Select(static each => (SlowSubscriberPolicy?)each.Policy).FirstOrDefault();
}
