using System.Diagnostics;
using System.Numerics;

namespace DmaBuf.Machine;

/// <summary>
/// The free runs of an I/O virtual address space in a balanced tree, by address.
/// </summary>
/// <remarks>
/// Theory: a treap whose priorities are a hash of the run's start, so that its shape depends on what is free and not on the order of calls.
/// Each node also knows of its subtree the longest run, and the largest naturally aligned power of two that some run holds (its
/// <i>order</i>). A search for a length, or for a power of two at its natural alignment, therefore goes straight down to the lowest run that
/// fits. For any other alignment a run may be long enough and yet lie badly: the search looks at <see cref="PatientSteps"/> nodes, then goes
/// straight to the lowest run that fits wherever it lies, and only if there is none looks at every run.
/// Not thread-safe: its owner locks.
/// </remarks>
internal sealed class IovaFreeTree
{
    /// <summary>After so many nodes a search takes what surely fits.</summary>
    private const int PatientSteps = 64;

    private const int Nothing = 0;

    private Node[] _nodes = new Node[16];
    private int _used = 1;
    private int _unused = Nothing;
    private int _root = Nothing;

    /// <summary>Nodes that were looked at since the tree was made: what a call costs, without a clock.</summary>
    public long Steps { get; private set; }

    /// <summary>Free runs.</summary>
    public int Count { get; private set; }

    /// <summary>Takes a run of a length that starts at a multiple of the alignment and ends at or below <paramref name="last"/>.</summary>
    public bool TryTake(ulong length, ulong alignment, ulong last, out ulong start)
    {
        Request wanted = new(length, alignment);
        long patience = Steps + PatientSteps;
        int node = Find(_root, wanted, patience);
        bool gaveUp = Steps >= patience;
        if (gaveUp && node == Nothing && length <= ulong.MaxValue - (alignment - 1))
        {
            node = Find(_root, new Request(length + (alignment - 1), 1), long.MaxValue);
        }

        if (gaveUp && (node == Nothing || !EndsBy(_nodes[node].Free, wanted, last)))
        {
            node = Find(_root, wanted, long.MaxValue);
        }

        if (node == Nothing || !EndsBy(_nodes[node].Free, wanted, last))
        {
            start = 0;
            return false;
        }

        Extent free = _nodes[node].Free;
        _ = wanted.TryFit(free, out start);
        Remove(free.Start);
        Insert(free with { End = start });
        Insert(free with { Start = start + length });
        return true;
    }

    /// <summary>Adds a run that is not free, and joins it with its neighbours.</summary>
    public void Give(Extent run)
    {
        if (TryFindAtOrBelow(run.Start, out Extent before))
        {
            Debug.Assert(before.End <= run.Start, "What is given back was taken.");
            if (before.End == run.Start)
            {
                Remove(before.Start);
                run = run with { Start = before.Start };
            }
        }

        if (TryFindAtOrBelow(run.End, out Extent after) && after.Start == run.End)
        {
            Remove(after.Start);
            run = run with { End = after.End };
        }

        Insert(run);
    }

    private static bool EndsBy(Extent free, Request wanted, ulong last) =>
        wanted.TryFit(free, out ulong start) && wanted.Length - 1 <= last && start <= last - (wanted.Length - 1);

    private int Find(int node, in Request wanted, long patience)
    {
        if (node == Nothing || Steps >= patience || !wanted.MayFit(_nodes[node].Longest, _nodes[node].Order))
        {
            return Nothing;
        }

        Steps++;
        int found = Find(_nodes[node].Left, wanted, patience);
        if (found != Nothing)
        {
            return found;
        }

        return wanted.TryFit(_nodes[node].Free, out _) ? node : Find(_nodes[node].Right, wanted, patience);
    }

    private bool TryFindAtOrBelow(ulong start, out Extent run)
    {
        int best = Nothing;
        for (int node = _root; node != Nothing;)
        {
            Steps++;
            bool below = _nodes[node].Free.Start <= start;
            best = below ? node : best;
            node = below ? _nodes[node].Right : _nodes[node].Left;
        }

        run = _nodes[best].Free;
        return best != Nothing;
    }

    private void Insert(Extent run)
    {
        if (run.Length == 0)
        {
            return;
        }

        int node = Create(run);
        Split(_root, run.Start, out int below, out int above);
        _root = Join(Join(below, node), above);
    }

    private void Remove(ulong start)
    {
        Split(_root, start, out int below, out int rest);
        Split(rest, start + 1, out int node, out int above);
        _root = Join(below, above);
        _nodes[node] = new Node { Left = _unused };
        _unused = node;
        Count--;
    }

    private int Create(Extent run)
    {
        int node = _unused;
        if (node != Nothing)
        {
            _unused = _nodes[node].Left;
        }
        else
        {
            if (_used == _nodes.Length)
            {
                Array.Resize(ref _nodes, 2 * _used);
            }

            node = _used++;
        }

        ulong mixed = (run.Start ^ (run.Start >> 29)) * 0xBF58_476D_1CE4_E5B9;
        _nodes[node] = new Node { Free = run, Priority = (uint)(mixed >> 32) };
        Update(node);
        Count++;
        return node;
    }

    private void Split(int node, ulong start, out int below, out int above)
    {
        if (node == Nothing)
        {
            below = above = Nothing;
            return;
        }

        Steps++;
        if (_nodes[node].Free.Start < start)
        {
            Split(_nodes[node].Right, start, out _nodes[node].Right, out above);
            below = node;
        }
        else
        {
            Split(_nodes[node].Left, start, out below, out _nodes[node].Left);
            above = node;
        }

        Update(node);
    }

    private int Join(int below, int above)
    {
        if (below == Nothing || above == Nothing)
        {
            return below | above;
        }

        Steps++;
        int top;
        if (_nodes[below].Priority >= _nodes[above].Priority)
        {
            top = below;
            _nodes[top].Right = Join(_nodes[top].Right, above);
        }
        else
        {
            top = above;
            _nodes[top].Left = Join(below, _nodes[top].Left);
        }

        Update(top);
        return top;
    }

    private void Update(int index)
    {
        ref Node node = ref _nodes[index];
        ref Node left = ref _nodes[node.Left];
        ref Node right = ref _nodes[node.Right];
        node.Longest = Math.Max(node.Free.Length, Math.Max(left.Longest, right.Longest));
        node.Order = Math.Max(OrderOf(node.Free), Math.Max(left.Order, right.Order));
    }

    /// <summary>The binary logarithm of the largest naturally aligned power of two in a run.</summary>
    private static int OrderOf(Extent run)
    {
        int order = BitOperations.Log2(run.Length);
        return new Request(1UL << order, 1UL << order).TryFit(run, out _) ? order : order - 1;
    }

    private struct Node
    {
        public Extent Free;
        public ulong Longest;
        public int Order;
        public uint Priority;
        public int Left;
        public int Right;
    }

    private readonly struct Request(ulong length, ulong alignment)
    {
        private readonly int _order = length >= alignment ? BitOperations.Log2(alignment) : -1;

        public ulong Length => length;

        public bool MayFit(ulong longest, int order) => longest >= length && order >= _order;

        public bool TryFit(Extent run, out ulong start)
        {
            ulong slack = (0 - run.Start) & (alignment - 1);
            start = run.Start + slack;
            return slack <= run.Length && run.Length - slack >= length;
        }
    }
}
