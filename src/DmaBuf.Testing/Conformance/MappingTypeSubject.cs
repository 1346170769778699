namespace DmaBuf.Testing;

/// <summary>
/// What the conformance kit needs to know of a mapping type, and of an exporter that offers it, in order to put both through their paces. Derive once a pair of type
/// and exporter. Four members have to be written; each of the others lets the kit check more.
/// </summary>
/// <remarks>
/// <para>
/// The kit makes one subject for each rule and kind of importer, and disposes it. Whatever the importer brings, such as a device or an I/O page table, is the subject's own
/// field; <see cref="AcceptedRequest"/> puts it into the request.
/// </para>
/// <para>
/// Threads: members are called from several threads, and <see cref="Access"/> from two at once; the others one at a time. <see cref="MapLocked"/> is called with the reservation
/// lock held, all others without.
/// </para>
/// </remarks>
public abstract class MappingTypeSubject : IDisposable
{
    /// <summary>
    /// False if a static importer is refused, because the exporter requires revocation and this type's mapping can only be given up by its importer, or because the type itself
    /// declines it, as a table does for a peer's memory: the kit then checks that it is.
    /// </summary>
    public virtual bool TakesStaticImporters => true;

    /// <summary>How long the kit waits for what should happen at once. Only a broken rule makes it wait so long.</summary>
    public virtual TimeSpan Patience => TimeSpan.FromSeconds(10);

    /// <summary>
    /// False if the type has no call by which the importer's program looks at the memory, because only devices do: the rules about accesses are then not checked, and
    /// <see cref="KeepWayIn"/> has to show what the devices reach.
    /// </summary>
    public virtual bool HasAccessCall => true;

    /// <summary>Exports a new buffer that offers the type.</summary>
    /// <param name="options">Passed on to <see cref="DmaBuffer.Export"/>; a reservation may be added.</param>
    public abstract DmaBuffer Export(DmaBufferExportOptions options);

    /// <summary>A request that the buffer's offer accepts.</summary>
    public abstract MappingRequest AcceptedRequest();

    /// <summary>A request of the same type that the offer declines; null if the type always accepts.</summary>
    public virtual MappingRequest? DeclinedRequest() => null;

    /// <summary>Makes a static importer; override it where the exporter or the type looks for an importer of its own class.</summary>
    /// <param name="name">Its name.</param>
    public virtual DmaBufferImporter CreateImporter(string name) => new(name);

    /// <summary>Makes a dynamic importer; override it where the exporter or the type looks for an importer of its own class.</summary>
    /// <param name="name">Its name.</param>
    /// <param name="told">The importer's <c>OnInvalidate</c> calls it.</param>
    public virtual DynamicImporter CreateDynamicImporter(string name, InvalidateAction told) => new RelayingImporter(name, told);

    /// <summary>Maps, by the type's own call. Several mappings of one attachment live at the same time.</summary>
    public abstract Mapping Map(Attachment attachment);

    /// <summary>Maps, by the type's own call for callers that hold the reservation lock; null if the type has none.</summary>
    /// <param name="attachment">The attachment.</param>
    /// <param name="held">The proof that the lock is held.</param>
    public virtual Mapping? MapLocked(Attachment attachment, in ReservationLock held) => null;

    /// <summary>Begins one access to the mapping by the type's own call, runs <paramref name="inside"/>, and ends the access.</summary>
    /// <param name="mapping">Made by <see cref="Map"/> or <see cref="MapLocked"/>.</param>
    /// <param name="inside">What the kit does meanwhile.</param>
    /// <remarks>Not called without <see cref="HasAccessCall"/>.</remarks>
    public abstract void Access(Mapping mapping, Action inside);

    /// <summary>
    /// Takes what a user can copy out of a live mapping and keep, such as an address, and returns a function that says whether it still leads to the memory; null if
    /// nothing of the kind exists. It must not ask the mapping: the question is what a device does that was programmed and never told.
    /// </summary>
    public virtual Func<bool>? KeepWayIn(Mapping mapping) => null;

    /// <summary>
    /// What the type, the exporter or what the importer brought still holds although every buffer of the subject was released, in words; null if nothing. Count whatever they
    /// acquire: windows, table entries, pages.
    /// </summary>
    public virtual string? FindLeftovers() => null;

    /// <summary>Disposes what the subject brought.</summary>
    public void Dispose()
    {
        Dispose(true);
        GC.SuppressFinalize(this);
    }

    /// <summary>Does the work of <see cref="Dispose()"/>.</summary>
    /// <param name="disposing">Always true.</param>
    protected virtual void Dispose(bool disposing)
    {
    }
}
