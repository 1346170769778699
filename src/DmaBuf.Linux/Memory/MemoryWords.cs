using System.Diagnostics;
using System.Runtime.CompilerServices;

namespace DmaBuf.Linux;

/// <summary>The words of a mapping, for protocols between processes: ordered and atomic access to each, and sleep until one changes (<c>futex</c>).</summary>
/// <remarks>
/// <para>Theory. Processes that share memory agree on words at fixed offsets, in this machine's byte order (little-endian on x64 and arm64). A read
/// acquires: what is read later is at least as new. A write releases: what was written before is visible to whoever reads the new value. An exchange does both and is a full
/// fence: nothing of this thread moves across it, in either direction. So "I write mine, then read yours" on both sides, each with an exchange between, never has both miss the other.</para>
/// <para>Sleep. <see cref="Wait"/> compares and falls asleep in one step, so a waker first changes the word, then calls <see cref="Wake"/>. A wait may end without
/// reason; look again. Whoever has the memory mapped, even read-only, may wake and requeue its sleepers: sleep only on words that nobody but the waker and the sleeper has.</para>
/// <para>What a peer can write is a claim of the peer: read it once, then check the copy.</para>
/// <para>Threads. All members may be called by any thread. The mapping stays the caller's, who disposes it when no call of this object is running but waits; those
/// keep the addresses until they return.</para>
/// </remarks>
public sealed unsafe class MemoryWords
{
    private readonly MappedRegion _region;
    private readonly byte* _address;
    private readonly ulong _length;
    private readonly bool _isWritable;

    /// <summary>Sees a mapping as words.</summary>
    /// <exception cref="ObjectDisposedException">The mapping was disposed.</exception>
    public MemoryWords(MemoryMapping mapping)
    {
        ArgumentNullException.ThrowIfNull(mapping);
        _region = mapping.Region;
        _address = (byte*)mapping.Address;
        _length = mapping.Length;
        _isWritable = mapping.Protection == MemoryProtection.ReadWrite;
    }

    /// <summary>Reads a word of 64 bits, with acquire order.</summary>
    /// <param name="offset">In bytes, a multiple of 8.</param>
    /// <exception cref="DmaBufException">EINVAL: not a word of the mapping.</exception>
    /// <exception cref="ObjectDisposedException">The mapping was disposed.</exception>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public ulong Read64(int offset) => Volatile.Read(ref Word<ulong>(offset));

    /// <summary>Reads a word of 32 bits, with acquire order.</summary>
    /// <param name="offset">In bytes, a multiple of 4.</param>
    /// <inheritdoc cref="Read64"/>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public uint Read32(int offset) => Volatile.Read(ref Word<uint>(offset));

    /// <summary>Writes a word of 64 bits, with release order.</summary>
    /// <param name="offset">In bytes, a multiple of 8.</param>
    /// <param name="value">The new value.</param>
    /// <exception cref="DmaBufException">EINVAL: not a word of the mapping. EACCES: the mapping is read-only.</exception>
    /// <exception cref="ObjectDisposedException">The mapping was disposed.</exception>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public void Write64(int offset, ulong value) => Volatile.Write(ref WritableWord<ulong>(offset), value);

    /// <summary>Writes a word of 32 bits, with release order.</summary>
    /// <param name="offset">In bytes, a multiple of 4.</param>
    /// <param name="value">The new value.</param>
    /// <inheritdoc cref="Write64"/>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public void Write32(int offset, uint value) => Volatile.Write(ref WritableWord<uint>(offset), value);

    /// <summary>Replaces a word of 64 bits in one step, as a full fence.</summary>
    /// <param name="offset">In bytes, a multiple of 8.</param>
    /// <param name="value">The new value.</param>
    /// <returns>The value before.</returns>
    /// <inheritdoc cref="Write64"/>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public ulong Exchange64(int offset, ulong value) => Interlocked.Exchange(ref WritableWord<ulong>(offset), value);

    /// <summary>Replaces a word of 32 bits in one step, as a full fence.</summary>
    /// <param name="offset">In bytes, a multiple of 4.</param>
    /// <param name="value">The new value.</param>
    /// <returns>The value before.</returns>
    /// <inheritdoc cref="Write64"/>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public uint Exchange32(int offset, uint value) => Interlocked.Exchange(ref WritableWord<uint>(offset), value);

    /// <summary>Several fields that lie together, reached with one check. They have no order among themselves: publish them by a word that is written afterwards, and read them after it.</summary>
    /// <typeparam name="T">Fields at fixed offsets.</typeparam>
    /// <param name="offset">Where they begin, in bytes; a multiple of 8.</param>
    /// <returns>A place in the mapping; not to be used after that was disposed.</returns>
    /// <exception cref="DmaBufException">EINVAL: not inside the mapping. EACCES: the mapping is read-only.</exception>
    /// <exception cref="ObjectDisposedException">The mapping was disposed.</exception>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public ref T Fields<T>(int offset)
        where T : unmanaged
    {
        if (!_isWritable)
            ThrowReadOnly();

        return ref Place<T>(offset, sizeof(ulong));
    }

    /// <inheritdoc cref="Fields"/>
    /// <summary>The same for reading.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public ref readonly T ReadOnlyFields<T>(int offset)
        where T : unmanaged => ref Place<T>(offset, sizeof(ulong));

    /// <summary>Sleeps while the word of 32 bits has this value (<c>FUTEX_WAIT</c>, shared between processes).</summary>
    /// <param name="offset">In bytes, a multiple of 4.</param>
    /// <param name="expected">Only while it is there is slept.</param>
    /// <param name="timeout">At most so long; <see cref="Timeout.InfiniteTimeSpan"/> for no end.</param>
    /// <returns>False when the time was over. True when the word has another value, the thread was woken, or for no reason: look again.</returns>
    /// <exception cref="DmaBufException">EINVAL: not a word of the mapping; and what the kernel says.</exception>
    /// <exception cref="ObjectDisposedException">The mapping was disposed.</exception>
    public bool Wait(int offset, uint expected, TimeSpan timeout)
    {
        bool added = false;
        try
        {
            _region.DangerousAddRef(ref added);
            fixed (uint* word = &Word<uint>(offset))
            {
                return FutexCall.Wait(word, expected, timeout);
            }
        }
        finally
        {
            if (added)
                _region.DangerousRelease();
        }
    }

    /// <summary>Wakes threads that sleep on this word, of any process (<c>FUTEX_WAKE</c>). Change the word first.</summary>
    /// <param name="offset">In bytes, a multiple of 4.</param>
    /// <exception cref="DmaBufException">EINVAL: not a word of the mapping.</exception>
    /// <exception cref="ObjectDisposedException">The mapping was disposed.</exception>
    public void Wake(int offset)
    {
        fixed (uint* word = &Word<uint>(offset))
        {
            FutexCall.Wake(word);
        }
    }

    /// <summary>Sleeps while the word at one offset has the same value in each of several mappings (<c>futex_waitv</c>).</summary>
    /// <param name="words">At most 128. One whose mapping was disposed counts as changed.</param>
    /// <param name="offset">In bytes, a multiple of 4.</param>
    /// <param name="expected">Only while it is there, in all of them, is slept.</param>
    /// <param name="timeout">At most so long; <see cref="Timeout.InfiniteTimeSpan"/> for no end.</param>
    /// <returns>False when the time was over. True when one has another value, the thread was woken, or for no reason: look again.</returns>
    /// <exception cref="DmaBufException">EINVAL: too many, or not a word of a mapping; and what the kernel says.</exception>
    public static bool WaitAny(ReadOnlySpan<MemoryWords> words, int offset, uint expected, TimeSpan timeout)
    {
        LinuxOnly.Ensure();
        if (words.Length > FutexUapi.FUTEX_WAITV_MAX)
            throw new DmaBufException(Errno.EINVAL, $"{words.Length} words were to be waited for. The kernel takes {FutexUapi.FUTEX_WAITV_MAX}: wait for fewer.");

        FutexUapi.futex_waitv* waiters = stackalloc FutexUapi.futex_waitv[Math.Max(words.Length, 1)];
        int held = 0;
        try
        {
            for (; held < words.Length; held++)
            {
                if (!words[held].TryHold())
                    return true;

                // SAFETY: the region stays mapped while it is held, and the offset is checked to lie within it.
                waiters[held] = new() { val = expected, uaddr = (ulong)Unsafe.AsPointer(ref words[held].Word<uint>(offset)), flags = FutexUapi.FUTEX_32 };
            }

            return FutexCall.WaitAny(waiters, words.Length, timeout);
        }
        finally
        {
            while (held > 0)
                words[--held]._region.DangerousRelease();
        }
    }

    private bool TryHold()
    {
        bool added = false;
        try
        {
            _region.DangerousAddRef(ref added);
        }
        catch (ObjectDisposedException)
        {
            return false;
        }

        return added;
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private ref T Word<T>(int offset)
        where T : unmanaged => ref Place<T>(offset, sizeof(T));

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private ref T Place<T>(int offset, int alignment)
        where T : unmanaged
    {
        if (_region.IsClosed || (ulong)(uint)offset + (uint)sizeof(T) > _length || (offset & (alignment - 1)) != 0)
            ThrowNoWord(offset);

        // SAFETY: the region is mapped until it is disposed, which its owner does after the last call; the place lies within it and is aligned.
        return ref *(T*)(_address + offset);
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private ref T WritableWord<T>(int offset)
        where T : unmanaged
    {
        if (!_isWritable)
            ThrowReadOnly();

        return ref Word<T>(offset);
    }

    [StackTraceHidden]
    private void ThrowNoWord(int offset)
    {
        ObjectDisposedException.ThrowIf(_region.IsClosed, typeof(MemoryMapping));
        throw new DmaBufException(Errno.EINVAL, $"The word at {offset} was asked of a mapping of {_length} bytes. Stay within it, at a multiple of the word's size.");
    }

    [StackTraceHidden]
    private static void ThrowReadOnly() =>
        throw new DmaBufException(Errno.EACCES, "A word of a read-only mapping was to be written. Map the memory with ReadWrite, if it is yours to write.");
}
