namespace DmaBuf.Machine;

/// <summary>
/// Shows a dynamic importer that fills page tables: the pages object of one MAP_FILE (<c>struct iopt_pages</c> of a DMA-buf). It owns the attachment and the list in hand,
/// and knows every (area, domain) in which the list shows.
/// </summary>
/// <remarks>
/// Theory: the list is published together with the attachment, under the reservation and before anybody else may need either (defect D-4). From then on there are two ways to
/// lose it: the last area goes, or the exporter revokes. A move is no third one, because the memory is pinned for as long as there is a list: translations cannot follow it. A revoke tears down every tracked translation <i>inside the callback</i>, so that no device reaches the memory once it
/// returns; "no list" is the state that is left, for ever: an un-revoke does not fill old areas again, and filling an area without a list succeeds and installs nothing.
/// What kind of memory the frames are is the list's word, wherever they are installed later (D-14).
/// Lock order: reservation, then the pages lock, then a domain's. Nobody takes a reservation with the pages lock held.
/// Safe for calls from several threads.
/// </remarks>
internal sealed class IoPages : DynamicImporter
{
    private readonly Lock _lock = new();
    private readonly List<(IoArea Area, IIommuDomain Domain)> _tracked = [];
    private readonly ulong _startOffset;
    private PhysicalAddressListAttachment? _attachment;
    private PhysicalAddressListMapping? _list;
    private int _users = 1;

    private IoPages(string name, ulong startOffset, IoMapOptions permissions)
        : base(name)
    {
        _startOffset = startOffset;
        Permissions = permissions;
    }

    /// <summary>What areas of it may permit at most.</summary>
    internal IoMapOptions Permissions { get; }

    /// <summary>Attaches, maps and publishes, in the order that leaves no gap for a revoke.</summary>
    /// <param name="name">The importer's name.</param>
    /// <param name="access">The permission to see addresses.</param>
    /// <param name="buffer">The buffer.</param>
    /// <param name="start">The first byte of the buffer that an area will show.</param>
    /// <param name="permissions">What areas may permit.</param>
    /// <returns>The pages with one user, the caller.</returns>
    /// <exception cref="DmaBufException">EINVAL: the exporter offers no list; ENODEV: revoked; else the exporter's, of pin or of map. Nothing is left then.</exception>
    internal static IoPages Import(string name, PhysicalAddressAccess access, DmaBuffer buffer, ulong start, IoMapOptions permissions)
    {
        IoPages pages = new(name, start & ~(PageFrameBatch.PageSize - 1), permissions);
        PhysicalAddressListAttachment attachment = buffer.Attach(pages, PhysicalAddressListMappingType.Request(access));
        bool mapped = false;
        try
        {
            using ReservationLock held = buffer.Reservation.Lock();
            pages.PublishLocked(in held, attachment);
            mapped = true;
            return pages;
        }
        finally
        {
            if (!mapped)
            {
                attachment.Dispose();
            }
        }
    }

    /// <summary>One more area, or one who holds on to the pages between two steps.</summary>
    internal void AddUser() => Interlocked.Increment(ref _users);

    /// <summary>One user less; the last one gives list and attachment back. Called without any lock. Never throws.</summary>
    internal void DropUser()
    {
        if (Interlocked.Decrement(ref _users) != 0)
        {
            return;
        }

        try
        {
            Release();
        }
        catch (DmaBufException locked) when (locked.Errno == Errno.EDEADLK)
        {
            // A caller that holds the reservation breaks the rule, but nothing may be lost by it: the translations are gone, the rest follows once it lets go.
            ThreadPool.UnsafeQueueUserWorkItem(static pages => pages.Release(), this, preferLocal: false);
        }
    }

    private void Release()
    {
        PhysicalAddressListAttachment attachment = _attachment!;
        using (ReservationLock held = attachment.Buffer.Reservation.Lock())
        {
            UnmapLocked(in held);
        }

        attachment.Dispose();
    }

    /// <summary>Installs an area in a domain; without a list this succeeds and installs nothing.</summary>
    /// <exception cref="DmaBufException">The domain's, or a short list's; nothing of the area is installed then.</exception>
    internal void Fill(IoArea area, IIommuDomain domain, IoAddressSpaceOptions options)
    {
        lock (_lock)
        {
            if (_list is not { } list)
            {
                return;
            }

            PhysicalAddressListLease lease;
            try
            {
                lease = list.ReadList();
            }
            catch (DmaBufException revoked) when (revoked.Errno == Errno.ENODEV)
            {
                // A revoke has begun and waits in the callback for this lock: the area stays empty, as if it had come first.
                return;
            }

            using (lease)
            {
                _tracked.Add((area, domain));
                bool filled = false;
                try
                {
                    PhysicalPageReader reader = new(lease.Entries, lease.Kind, _startOffset);
                    new DomainFill(area, domain, options.HugePages).Run(reader, new PageFrameBatch(options.BatchCapacity));
                    filled = true;
                }
                finally
                {
                    if (!filled)
                    {
                        _tracked.RemoveAt(_tracked.Count - 1);
                    }
                }
            }
        }
    }

    /// <summary>Removes an area from a domain; does nothing where a revoke has been before. Never throws.</summary>
    internal void Unfill(IoArea area, IIommuDomain domain)
    {
        lock (_lock)
        {
            if (_tracked.Remove((area, domain)))
            {
                domain.Unmap(new DmaRange(new DmaAddress(area.Start), area.Length));
            }
        }
    }

    /// <inheritdoc/>
    protected override void OnInvalidate(Attachment attachment, InvalidateReason reason, in ReservationLock held)
    {
        if (reason != InvalidateReason.Unrevoke)
        {
            UnmapLocked(in held);
        }
    }

    private void PublishLocked(in ReservationLock held, PhysicalAddressListAttachment attachment)
    {
        _attachment = attachment;
        attachment.Pin(in held);
        bool published = false;
        try
        {
            PhysicalAddressListMapping list = attachment.MapPhysicalAddressListLocked(in held);
            lock (_lock)
            {
                _list = list;
            }

            published = true;
        }
        finally
        {
            // While the lock is held, and not from whatever the caller does with the error (D-23).
            if (!published)
            {
                attachment.Unpin(in held);
            }
        }
    }

    /// <summary>Translations first, the list after: whoever has given the list back may use none of its addresses.</summary>
    private void UnmapLocked(in ReservationLock held)
    {
        PhysicalAddressListMapping? list;
        lock (_lock)
        {
            foreach ((IoArea area, IIommuDomain domain) in _tracked)
            {
                domain.Unmap(new DmaRange(new DmaAddress(area.Start), area.Length));
            }

            _tracked.Clear();
            (list, _list) = (_list, null);
        }

        if (list is not null)
        {
            _attachment!.UnmapPhysicalAddressListLocked(in held, list);
            _attachment.Unpin(in held);
        }
    }
}
