namespace DmaBuf;

/// <summary>
/// Permission to be given physical addresses: a capability. Whoever holds a live one may build a request for a <see cref="PhysicalAddressList"/>; there is no
/// other check, possession is the check.
/// </summary>
/// <remarks>
/// <para>A physical address is a bearer secret: it lets its holder reach the memory past every IOMMU and every later decision of the exporter. So the host program,
/// not a library, grants this token, to an importer that it names and trusts like the kernel itself: one that programs an I/O page table it owns, for example.
/// Give it to that importer's constructor, keep it in a private field, never in a static or a container from which others can take it.</para>
/// <para>(The kernel series restricts the map function to one named module by its export list, and has no check at run time.)</para>
/// <para>Revocation is for good, and stops later requests and maps. It does not recall addresses that were handed out: revoke the buffers for that. Safe for calls
/// from several threads.</para>
/// </remarks>
public sealed class PhysicalAddressAccess : IDisposable
{
    private volatile bool _isRevoked;

    private PhysicalAddressAccess(string importerName) => ImporterName = importerName;

    /// <summary>For whom the host program issued the token; shown in errors and dumps.</summary>
    public string ImporterName { get; }

    /// <summary>False once revoked.</summary>
    public bool IsLive => !_isRevoked;

    /// <summary>Issues a token. To be called by the host program alone.</summary>
    /// <param name="importerName">Who will hold it; not blank.</param>
    /// <returns>A live token, owned by the host program, which revokes it by <see cref="Revoke"/> or <see cref="Dispose"/>.</returns>
    /// <exception cref="DmaBufException">EINVAL: the name is blank.</exception>
    public static PhysicalAddressAccess Grant(string importerName)
    {
        ArgumentNullException.ThrowIfNull(importerName);
        if (string.IsNullOrWhiteSpace(importerName))
            throw new DmaBufException(Errno.EINVAL, "Access to physical addresses is granted by name; name the importer that will hold the token.");
        return new PhysicalAddressAccess(importerName);
    }

    /// <summary>Ends the permission for good. Idempotent, never throws.</summary>
    public void Revoke() => _isRevoked = true;

    /// <summary>The same as <see cref="Revoke"/>.</summary>
    public void Dispose() => Revoke();

    /// <summary>Throws unless the token is live: the check before a request is built and before each map.</summary>
    /// <exception cref="DmaBufException">EPERM: the token was revoked.</exception>
    public void ThrowIfNotLive()
    {
        if (_isRevoked)
        {
            throw new DmaBufException(
                Errno.EPERM, $"The access to physical addresses granted to '{ImporterName}' was revoked; ask the host program for a new one or use another mapping type.");
        }
    }

    /// <summary>The importer's name, and whether the token is live.</summary>
    public override string ToString() => $"physical address access of '{ImporterName}', {(IsLive ? "live" : "revoked")}";
}
