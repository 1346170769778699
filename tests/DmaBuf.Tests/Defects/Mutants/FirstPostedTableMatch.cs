namespace DmaBuf.Tests.Defects.Mutants;

/// <summary>
/// The table's match rule of patch 02: one enumeration for both roles, kept in eight bits, and whatever it does not know falls through to a success (D-16).
/// </summary>
internal sealed class FirstPostedTableMatch
{
    private const byte NoPeers = 0;
    private const byte ExporterRequiresDistance = 1;
    private const byte ImporterAcceptsPeers = 2;

    private readonly byte _requirement;
    private readonly IPciDevice? _exporting;

    private FirstPostedTableMatch(byte requirement, IPciDevice? exporting)
    {
        _requirement = requirement;
        _exporting = exporting;
    }

    /// <summary>Makes an offer; any number is one.</summary>
    internal static FirstPostedTableMatch Offer(int requirement, IPciDevice? exporting) => new(unchecked((byte)requirement), exporting);

    internal Errno Match(bool acceptsPeers)
    {
        byte acceptance = acceptsPeers ? ImporterAcceptsPeers : NoPeers;
        if (_requirement == ExporterRequiresDistance)
        {
            if (_exporting is null || acceptance == NoPeers || _exporting.RouteFrom(null).Distance < 0)
            {
                return Errno.EOPNOTSUPP;
            }
        }

        return Errno.None;
    }
}
