namespace DmaBuf.Machine;

/// <summary>
/// The virtual functions of one physical function: how many are enabled, and who may change that.
/// </summary>
/// <remarks>
/// Theory: all virtual functions exist as objects from the start; those that are not enabled are <i>absent</i>, which is what removed functions are. So a driver that held one
/// across a disable finds it dead, as on hardware, and enabling brings it back without users. As in the kernel, the number goes from zero to something and back to zero only.
/// States: idle, changing, ended. A change is marked, made without the lock, and unmarked, because drivers are told meanwhile and may come back. The physical function's removal
/// ends the group first; a change that is under way sees that when it has finished, and takes back what it enabled.
/// Safe for all threads.
/// </remarks>
internal sealed class PciVirtualFunctionGroup(PciFunction physical, IReadOnlyList<PciFunction> functions, int enabled)
{
    private readonly Lock _lock = new();
    private int _enabled = enabled;
    private bool _isChanging;
    private bool _isEnded;

    public IReadOnlyList<PciFunction> Functions => functions;

    public int Enabled
    {
        get
        {
            lock (_lock)
            {
                return _enabled;
            }
        }
    }

    /// <inheritdoc cref="PciFunction.EnableVirtualFunctions"/>
    public void Enable(int count)
    {
        if (count < 1 || count > functions.Count)
        {
            throw new DmaBufException(Errno.EINVAL, $"{count} virtual functions of {physical} cannot be enabled: it can have from 1 to {functions.Count}.");
        }

        Begin(wanted: count);
        for (int index = 0; index < count; index++)
        {
            functions[index].Presence.Restore();
        }

        if (!Finish(count))
        {
            PciSubtree.Remove(functions, PciRemovalKind.Surprise);
            throw new DmaBufException(Errno.ENODEV, $"Virtual functions of {physical} were not enabled: it was removed meanwhile.");
        }
    }

    /// <inheritdoc cref="PciFunction.DisableVirtualFunctions"/>
    public IReadOnlyList<PciRemoval> Disable(PciRemovalKind kind)
    {
        Begin(wanted: 0);
        IReadOnlyList<PciRemoval> removals = PciSubtree.Remove(functions, kind);
        Finish(0);
        return [.. removals.Where(static removal => removal.WasFirst)];
    }

    /// <summary>The physical function goes: nothing is enabled any more from now on.</summary>
    public void End()
    {
        lock (_lock)
        {
            _isEnded = true;
            _enabled = 0;
        }
    }

    private void Begin(int wanted)
    {
        lock (_lock)
        {
            if (_isEnded)
            {
                throw new DmaBufException(Errno.ENODEV, $"The number of virtual functions of {physical} cannot be changed: it was removed.");
            }

            if (_isChanging || (wanted > 0 && _enabled > 0))
            {
                throw new DmaBufException(
                    Errno.EBUSY,
                    $"The number of virtual functions of {physical} cannot be changed to {wanted}: "
                        + (_isChanging ? "another change is under way. Wait for it." : $"{_enabled} are enabled. Disable them first."));
            }

            _isChanging = true;
        }
    }

    private bool Finish(int enabledNow)
    {
        lock (_lock)
        {
            _isChanging = false;
            _enabled = _isEnded ? 0 : enabledNow;
            return !_isEnded;
        }
    }
}
