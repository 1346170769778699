namespace DmaBuf;

/// <summary>What a dump says of one attachment.</summary>
internal sealed record AttachmentDescription(
    string Type, string Text, string Importer, bool Dynamic, MappingCost CostBound, int Mappings, int Pins, bool Quarantined);
