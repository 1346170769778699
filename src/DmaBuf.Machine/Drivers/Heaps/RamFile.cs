namespace DmaBuf.Machine;

/// <summary>
/// A file that lives in the machine's RAM, as <c>memfd_create</c> makes it: pages in file order, and seals that say what can never happen to it again. What
/// <see cref="UserMemoryExporter"/> makes buffers of.
/// </summary>
/// <remarks>
/// The pages stay until the file is disposed and the last buffer over them is gone. Safe for all threads. Its lock is a leaf.
/// </remarks>
public sealed class RamFile : IDisposable
{
    private readonly Lock _lock = new();
    private readonly List<PhysicalRange> _pages;
    private RamFileSeals _seals;
    private int _users = 1;
    private bool _isDisposed;

    /// <summary>Makes a file of zeroed pages, which lie anywhere.</summary>
    /// <param name="machine">Whose RAM is used.</param>
    /// <param name="length">Bytes; a multiple of 4096, not zero.</param>
    /// <exception cref="DmaBufException">EINVAL: the length; ENOMEM: no such RAM is free.</exception>
    public RamFile(SoftwareMachine machine, ulong length)
    {
        ArgumentNullException.ThrowIfNull(machine);
        Machine = machine;
        _pages = [.. machine.Ram.AllocateScattered(length)];
    }

    /// <summary>The machine that the pages are of.</summary>
    public SoftwareMachine Machine { get; }

    /// <summary>Bytes in the file now.</summary>
    public ulong Length
    {
        get
        {
            lock (_lock)
            {
                return (ulong)_pages.Count * MachinePage.Size;
            }
        }
    }

    /// <summary>The seals set so far (<c>F_GET_SEALS</c>).</summary>
    public RamFileSeals Seals
    {
        get
        {
            lock (_lock)
            {
                return _seals;
            }
        }
    }

    /// <summary>Adds seals (<c>F_ADD_SEALS</c>); none can be taken away again.</summary>
    /// <param name="seals">Those to add.</param>
    /// <exception cref="DmaBufException">EPERM: sealed against further seals.</exception>
    public void AddSeals(RamFileSeals seals)
    {
        lock (_lock)
        {
            if ((_seals & RamFileSeals.Seal) != 0)
            {
                throw new DmaBufException(Errno.EPERM, $"Seals {seals} cannot be added: the file is sealed against further seals.");
            }

            _seals |= seals;
        }
    }

    /// <summary>Cuts the file (<c>ftruncate</c>). Its last pages are gone for good.</summary>
    /// <param name="length">Bytes that stay; a multiple of 4096, not zero, at most the present length.</param>
    /// <exception cref="DmaBufException">EPERM: sealed against shrinking; EINVAL: the length.</exception>
    public void Shrink(ulong length)
    {
        lock (_lock)
        {
            if ((_seals & RamFileSeals.Shrink) != 0)
            {
                throw new DmaBufException(Errno.EPERM, $"The file cannot be cut to 0x{length:x} bytes: it is sealed against shrinking.");
            }

            int keep = (int)Math.Min(length / MachinePage.Size, int.MaxValue);
            if (length == 0 || !MachinePage.IsAligned(length) || keep > _pages.Count)
            {
                throw new DmaBufException(Errno.EINVAL, $"The file cannot be cut to 0x{length:x} bytes: it has {_pages.Count} pages, and at least one stays.");
            }

            if (keep < _pages.Count)
            {
                Machine.Ram.Free([.. _pages.Skip(keep)]);
                _pages.RemoveRange(keep, _pages.Count - keep);
            }
        }
    }

    /// <summary>Closes the file. Idempotent, never throws.</summary>
    public void Dispose()
    {
        lock (_lock)
        {
            if (_isDisposed)
            {
                return;
            }

            _isDisposed = true;
        }

        Release();
    }

    /// <summary>The pages of one part, held in place until <see cref="Release"/>.</summary>
    internal PhysicalRange[] Hold(ulong offset, ulong length)
    {
        lock (_lock)
        {
            ObjectDisposedException.ThrowIf(_isDisposed, this);
            ulong size = (ulong)_pages.Count * MachinePage.Size;
            bool whole = length != 0 && MachinePage.IsAligned(offset | length);
            if (!whole || offset > size || length > size - offset)
            {
                throw new DmaBufException(Errno.EINVAL, $"0x{length:x} bytes at 0x{offset:x} of a file of 0x{size:x} bytes: choose whole pages inside it.");
            }

            if ((_seals & (RamFileSeals.Shrink | RamFileSeals.Write)) != RamFileSeals.Shrink)
            {
                throw new DmaBufException(Errno.EINVAL, $"A file with seals '{_seals}' cannot be shared with devices: seal it against shrinking, and not against writing.");
            }

            _users++;
            return [.. _pages.Skip((int)(offset / MachinePage.Size)).Take((int)(length / MachinePage.Size))];
        }
    }

    internal void Release()
    {
        lock (_lock)
        {
            if (--_users == 0)
            {
                Machine.Ram.Free([.. _pages]);
                _pages.Clear();
            }
        }
    }
}
