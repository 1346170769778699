namespace DmaBuf.Machine;

/// <summary>A function as the builder collects it, before it has an address.</summary>
internal sealed class PciNodeDefinition(PciNodeKind kind, string? name, PciAccessControl accessControl)
{
    public PciNodeKind Kind => kind;

    /// <summary>Endpoints have one, ports have none.</summary>
    public string? Name => name;

    public PciAccessControl AccessControl => accessControl;

    public List<PciNodeDefinition> Children { get; } = [];

    public List<(ulong Length, PciBarOptions Options)> Bars { get; } = [];

    public DmaEngineOptions? Engine { get; set; }
}
