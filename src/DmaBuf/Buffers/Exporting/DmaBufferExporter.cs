namespace DmaBuf;

/// <summary>
/// The party that owns the memory (<c>struct dma_buf_ops</c> after the series). Says what it offers, may veto an attach, and gives the memory back when
/// the last reference goes. Whole pairs of further operations are optional interfaces: <see cref="IPinningExporter"/>,
/// <see cref="ICpuAccessExporter"/>.
/// </summary>
/// <remarks>
/// <para>One exporter may serve one buffer or many; its private state is its own fields.</para>
/// <para>
/// Lock state on entry: <see cref="Offers"/>' function, <see cref="OnAttach"/>, <see cref="OnDetach"/>, <see cref="OnRelease"/> and CPU access run
/// <b>without</b> the reservation lock; pinning and the operations of every mapping type run <b>with</b> it and may not await.
/// </para>
/// <para>Threads: what runs under the lock is called by one thread at a time for a buffer, all else from several threads side by side.</para>
/// </remarks>
public abstract class DmaBufferExporter
{
    /// <summary>Makes an exporter.</summary>
    /// <param name="name">The name that dumps and failures show (<c>exp_name</c>); not blank.</param>
    protected DmaBufferExporter(string name)
    {
        ArgumentException.ThrowIfNullOrWhiteSpace(name);
        Name = name;
    }

    /// <summary>The name that dumps and failures show.</summary>
    public string Name { get; }

    /// <summary>Where offers come from; read once, at export.</summary>
    protected internal abstract OfferSource Offers { get; }

    /// <summary>
    /// True if the memory may have to be taken away at any moment: an importer that can neither be told to let go nor be cut off is then refused at attach
    /// with EOPNOTSUPP.
    /// </summary>
    protected internal virtual bool RequiresRevocation => false;

    /// <summary>True once the exporter is being torn down: exporting another buffer then fails with ENOENT.</summary>
    protected internal virtual bool IsGoingAway => false;

    /// <summary>
    /// Veto or per-attachment set-up, after negotiation and without the lock. Throwing a <see cref="DmaBufException"/> refuses the importer; whatever this
    /// call did before throwing it must undo itself, because <see cref="OnDetach"/> is then not called.
    /// </summary>
    protected internal virtual void OnAttach(Attachment attachment)
    {
    }

    /// <summary>Undo of <see cref="OnAttach"/>, without the lock. Must not throw.</summary>
    protected internal virtual void OnDetach(Attachment attachment)
    {
    }

    /// <summary>The last reference has gone (<c>release</c>), without the lock, exactly once a buffer. Must not throw.</summary>
    protected internal abstract void OnRelease(DmaBuffer buffer);
}
