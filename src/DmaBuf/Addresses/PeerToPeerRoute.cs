namespace DmaBuf;

/// <summary>The answer to "how does this client reach that device's memory", from a snapshot of the topology.</summary>
/// <param name="MapType">The kind of path.</param>
/// <param name="Distance">Hops between the two, or -1 if peer traffic is not possible or not known.</param>
/// <param name="Reason">One clause that says why, for an explanation.</param>
/// <remarks>An immutable value, safe for all threads.</remarks>
public readonly record struct PeerToPeerRoute(PeerToPeerMapType MapType, int Distance, string Reason);
