using System.Text.RegularExpressions;
using System.Xml.Linq;

namespace DmaBuf.Tests.Surface;

/// <summary>
/// The words by which a type's documentation says what several threads may do with it. Exactly these, so that readers learn them once:
/// <list type="bullet">
/// <item>"Immutable", "Stateless": nothing changes after it was made.</item>
/// <item>"all threads", "several threads", "any thread": calls may run side by side.</item>
/// <item>"one thread", "one thread at a time", "not thread-safe": the caller keeps threads apart.</item>
/// <item>"Threads:": a sentence of its own follows.</item>
/// </list>
/// </summary>
internal static partial class ThreadSafetyWords
{
    internal static bool StandIn(XElement documentation) => Words().IsMatch(Spaces().Replace(documentation.Value, " "));

    [GeneratedRegex(@"\b(immutable|stateless|(all|several) threads|any thread|one thread(?! of)|not thread-safe)\b|\bThreads:", RegexOptions.IgnoreCase)]
    private static partial Regex Words();

    [GeneratedRegex(@"\s+")]
    private static partial Regex Spaces();
}
