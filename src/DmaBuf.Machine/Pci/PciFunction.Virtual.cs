namespace DmaBuf.Machine;

/// <content>Physical and virtual functions (SR-IOV).</content>
public sealed partial class PciFunction
{
    private PciVirtualFunctionGroup? _virtual;

    /// <summary>The function that this is a virtual one of (<c>pci_physfn</c>); null if it is none.</summary>
    public PciFunction? PhysicalFunction { get; private set; }

    /// <summary>All virtual functions that it can have, enabled or not; empty if it can have none.</summary>
    public IReadOnlyList<PciFunction> VirtualFunctions => _virtual?.Functions ?? [];

    /// <summary>How many virtual functions are enabled (<c>sriov_numvfs</c>).</summary>
    public int EnabledVirtualFunctions => _virtual?.Enabled ?? 0;

    /// <summary>
    /// Enables the first virtual functions (<c>pci_enable_sriov</c>): they answer, have routes, and drivers may subscribe to their removal. As in the kernel the number goes
    /// from zero only.
    /// </summary>
    /// <param name="count">From 1 to the number of <see cref="VirtualFunctions"/>.</param>
    /// <exception cref="DmaBufException">
    /// EOPNOTSUPP: it can have none; EINVAL: not that many; EBUSY: some are enabled, or another change is under way; ENODEV: the function was removed.
    /// </exception>
    public void EnableVirtualFunctions(int count) => RequireVirtual().Enable(count);

    /// <summary>
    /// Disables all virtual functions (<c>pci_disable_sriov</c>), the last one first: each is removed as <see cref="Remove"/> does, and can be enabled again afterwards.
    /// </summary>
    /// <param name="kind">Whether their drivers are told before or after.</param>
    /// <returns>What the removals of those that were there did, in their order.</returns>
    /// <exception cref="DmaBufException">
    /// EOPNOTSUPP: it can have none; EBUSY: another change is under way; ENODEV: the function was removed; EDEADLK: called from a register's callback.
    /// </exception>
    public IReadOnlyList<PciRemoval> DisableVirtualFunctions(PciRemovalKind kind = PciRemovalKind.Orderly) => RequireVirtual().Disable(kind);

    /// <summary>Called once, when the machine is built.</summary>
    internal void Adopt(IReadOnlyList<PciFunction> functions, int enabled)
    {
        _virtual = new PciVirtualFunctionGroup(this, functions, enabled);
        foreach (PciFunction function in functions)
        {
            function.PhysicalFunction = this;
        }
    }

    internal void EndVirtualFunctions() => _virtual?.End();

    private PciVirtualFunctionGroup RequireVirtual() => _virtual
        ?? throw new DmaBufException(Errno.EOPNOTSUPP, $"{this} has no virtual functions. Describe the machine with {nameof(PciEndpointBuilder.AddVirtualFunctions)}.");
}
