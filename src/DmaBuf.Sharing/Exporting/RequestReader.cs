namespace DmaBuf.Sharing;

/// <summary>Makes requests of what a peer sent: by the codec of the type, or, for a type that is not known here, one that nothing matches, so that it reads as not offered.</summary>
internal sealed class RequestReader(IReadOnlyList<SharedMappingType> types)
{
    private const int MaximumUnknown = 64;
    private readonly Dictionary<(string Name, int Version), UndecodedMappingType> _unknown = [];

    /// <exception cref="DmaBufException">EINVAL: a codec refused the facts. E2BIG: too many unknown types. EPROTO: the form is not as agreed.</exception>
    internal MappingRequestList Read(IReadOnlyList<MessageMap> requests) => [.. requests.Select(ReadOne)];

    private MappingRequest ReadOne(MessageMap request)
    {
        string name = request.Name(1);
        int version = (int)request.Number(2, int.MaxValue);
        string description = request.Text(3, ProtocolLimits.MaximumReasonBytes);
        MappingCost ceiling = (MappingCost)request.Number(4, (ulong)int.MaxValue);
        if (version == 0)
        {
            throw ProtocolError.Of($"the type '{name}' has version 0; versions begin at 1");
        }

        bool hasFacts = request.Has(5);
        return hasFacts && types.FirstOrDefault(one => one.Codec.Type.Name == name && one.Codec.Type.Version == version) is { } known
            ? known.Codec.ReadRequest(request.Text(5, ProtocolLimits.MaximumFactsBytes), ceiling)
            : Unknown(name, version).Request(description, ceiling);
    }

    private UndecodedMappingType Unknown(string name, int version)
    {
        if (!_unknown.TryGetValue((name, version), out UndecodedMappingType? type))
        {
            type = _unknown.Count < MaximumUnknown
                ? _unknown[(name, version)] = new UndecodedMappingType(name, version)
                : throw new DmaBufException(Errno.E2BIG, $"A request of type {name}/{version} was refused: this connection has asked for {MaximumUnknown} types that are not known here.");
        }

        return type;
    }
}
