using System.Globalization;
using System.Numerics;

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

    /// <summary>The virtual functions that a physical function can have, and what each is like; null for other functions.</summary>
    public (PciVirtualFunctionOptions Options, PciNodeDefinition Each)? VirtualFunctions { get; set; }

    public static string NameOfVirtual(PciNodeDefinition physical, int index) => string.Create(CultureInfo.InvariantCulture, $"{physical.Name}-vf{index}");

    /// <exception cref="DmaBufException">EINVAL: the length; ENOSPC: a function has six BARs at most.</exception>
    public void AddBar(ulong length, PciBarOptions options)
    {
        ArgumentNullException.ThrowIfNull(options);
        if (length < MachinePage.Size || length > 1UL << 46 || !BitOperations.IsPow2(length))
        {
            throw new DmaBufException(
                Errno.EINVAL,
                $"{Name} cannot have a BAR of 0x{length:x} bytes: a power of two from {MachinePage.Size} to 2^46 is needed.");
        }

        if (Bars.Count == 6)
        {
            throw new DmaBufException(
                Errno.ENOSPC,
                $"{Name} cannot have another BAR: a PCI function has six at most. Add a function.");
        }

        Bars.Add((length, options));
    }
}
