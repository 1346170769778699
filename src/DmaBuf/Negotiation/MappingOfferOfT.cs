namespace DmaBuf;

/// <summary>An offer with its data; only the type itself looks inside.</summary>
internal sealed class MappingOffer<TOffer>(MappingType type, TOffer data, MappingOffer[] converted) : MappingOffer(type, converted)
{
    internal TOffer Data { get; } = data;
}
