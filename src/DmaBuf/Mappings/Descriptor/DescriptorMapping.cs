using System.Runtime.InteropServices;

namespace DmaBuf;

/// <summary>One descriptor of a buffer. Owns the handle; dispose closes it.</summary>
/// <remarks>Safe for all threads. A revoke cannot take a descriptor back: until this is disposed, the buffer stays quarantined.</remarks>
public sealed class DescriptorMapping : Mapping
{
    private readonly SafeHandle _handle;

    internal DescriptorMapping(in MapTicket ticket, SafeHandle handle)
        : base(in ticket, MappingCost.None) => _handle = handle;

    /// <summary>Borrows the handle for one use.</summary>
    /// <returns>The lease; dispose it once, soon.</returns>
    /// <exception cref="DmaBufException">ENODEV: revoked.</exception>
    /// <exception cref="ObjectDisposedException">Unmapped.</exception>
    public DescriptorLease Borrow() => new(_handle, EnterAccess());

    /// <inheritdoc/>
    protected internal override void Unmap(in ReservationLock held) => _handle.Dispose();
}
