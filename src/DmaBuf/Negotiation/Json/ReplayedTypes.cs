namespace DmaBuf;

/// <summary>Finds the codec of each described offer and request; a name and version without one gets one stand-in type for the whole replay.</summary>
internal sealed class ReplayedTypes(IReadOnlyList<MappingTypeCodec> codecs)
{
    private readonly Dictionary<(string Name, int Version), UndecodedMappingType> _undecoded = [];

    internal MappingOffer DecodeOffer(NegotiationFacts facts)
    {
        MappingOffer[] converted = [.. facts.GetObjects("converted", NegotiationJsonLimits.MaximumListLength).Select(DecodeConverted)];
        (string name, int version, string description) = Head(facts);
        if (Codec(name, version) is { } codec)
        {
            return converted.Length == 0
                ? Finish(codec.DecodeOffer(facts), facts)
                : throw NegotiationFacts.Wrong(facts.At("converted"), $"no converter starts from {codec.Type}");
        }

        facts.SkipRest();
        UndecodedMappingType type = Undecoded(name, version);
        return converted.All(other => other.Type != type)
            ? type.Offer(description, converted)
            : throw NegotiationFacts.Wrong(facts.At("converted"), "a converter leads to another type");
    }

    internal MappingRequest DecodeRequest(NegotiationFacts facts)
    {
        (string name, int version, string description) = Head(facts);
        MappingCost ceiling = facts.GetCost("ceiling", MappingCost.Default);
        if (Codec(name, version) is { } codec)
        {
            return Finish(codec.DecodeRequest(facts, ceiling), facts);
        }

        facts.SkipRest();
        return Undecoded(name, version).Request(description, ceiling);
    }

    private static (string Name, int Version, string Description) Head(NegotiationFacts facts)
    {
        string name = facts.GetText("type");
        return !string.IsNullOrWhiteSpace(name)
            ? (name, NegotiationJsonReader.ReadVersion(facts), facts.TryGetText("description") ?? string.Empty)
            : throw NegotiationFacts.Wrong(facts.At("type"), "a mapping type has a name");
    }

    private static T Finish<T>(T decoded, NegotiationFacts facts)
    {
        facts.RequireAllRead();
        return decoded;
    }

    private MappingOffer DecodeConverted(NegotiationFacts facts)
    {
        (string name, int version, string description) = Head(facts);
        if (Codec(name, version) is { } codec && !facts.HasOnlyHead())
        {
            return Finish(codec.DecodeOffer(facts), facts);
        }

        facts.SkipRest();
        return Undecoded(name, version).Offer(description, []);
    }

    private MappingTypeCodec? Codec(string name, int version)
        => codecs.FirstOrDefault(codec => codec.Type.Name == name && codec.Type.Version == version);

    private UndecodedMappingType Undecoded(string name, int version)
    {
        if (!_undecoded.TryGetValue((name, version), out UndecodedMappingType? type))
        {
            _undecoded[(name, version)] = type = new UndecodedMappingType(name, version);
        }

        return type;
    }
}
