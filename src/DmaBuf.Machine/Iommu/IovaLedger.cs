using System.Numerics;

namespace DmaBuf.Machine;

/// <summary>
/// Which runs are handed out or kept for reuse, by their start: a hash table with linear probing, so that a free is checked at the price of
/// one look. Zero is never a start and marks an empty place.
/// </summary>
/// <remarks>Not thread-safe: its owner locks.</remarks>
internal sealed class IovaLedger
{
    private Entry[] _entries = new Entry[64];
    private int _shift = 64 - 6;

    public int Count { get; private set; }

    /// <summary>The entry of a run that is in the ledger; an entry with start 0 if it is not. Valid until the ledger changes.</summary>
    public ref Entry Find(ulong start)
    {
        Entry[] entries = _entries;
        int place = PlaceOf(start);
        while (true)
        {
            ref Entry entry = ref entries[place & (entries.Length - 1)];
            if (entry.Start == start || entry.Start == 0)
            {
                return ref entry;
            }

            place++;
        }
    }

    public void Add(ulong start, ulong length)
    {
        if (2 * (Count + 1) > _entries.Length)
        {
            Grow();
        }

        Find(start) = new Entry { Start = start, Length = length };
        Count++;
    }

    public void Remove(ulong start)
    {
        int mask = _entries.Length - 1;
        int hole = PlaceOf(start);
        while (_entries[hole].Start != start)
        {
            hole = (hole + 1) & mask;
        }

        // What probed past the hole moves into it, so that no mark has to stay.
        for (int place = (hole + 1) & mask; _entries[place].Start != 0; place = (place + 1) & mask)
        {
            int home = PlaceOf(_entries[place].Start);
            if (((place - home) & mask) >= ((place - hole) & mask))
            {
                _entries[hole] = _entries[place];
                hole = place;
            }
        }

        _entries[hole] = default;
        Count--;
    }

    private int PlaceOf(ulong start) => (int)((start * 0x9E37_79B9_7F4A_7C15) >> _shift);

    private void Grow()
    {
        Entry[] old = _entries;
        _entries = new Entry[2 * old.Length];
        _shift = 64 - BitOperations.Log2((uint)_entries.Length);
        foreach (Entry entry in old)
        {
            if (entry.Start != 0)
            {
                Find(entry.Start) = entry;
            }
        }
    }

    internal struct Entry
    {
        public ulong Start;
        public ulong Length;

        /// <summary>True: given back, and kept aside for the next request of its length.</summary>
        public bool Kept;
    }
}
