namespace DmaBuf.Machine.Tests;

/// <summary>RAM as a set of pages, asked by the slow way, beside a machine's allocator.</summary>
internal sealed class RamModel
{
    private readonly Dictionary<ulong, int> _nodeOfPage = [];
    private readonly HashSet<ulong> _free = [];
    private readonly List<PhysicalRange[]> _held = [];
    private readonly SoftwareMachine _machine;

    /// <param name="layout">Pieces of RAM one behind the other, each with a hole behind it; lengths in pages.</param>
    /// <param name="start">Where the first begins.</param>
    internal RamModel((int Pages, int Hole, int Node)[] layout, ulong start)
    {
        SoftwareMachineBuilder builder = new();
        foreach ((int pages, int hole, int node) in layout)
        {
            PhysicalRange range = RamLayout.Pages(start, (ulong)pages);
            builder.AddRam(range.Start, range.Length, node);
            foreach (ulong page in RamLayout.PagesOf([range]))
            {
                _nodeOfPage.Add(page, node);
            }

            start += range.Length + ((ulong)hole * Expect.Page);
        }

        _free.UnionWith(_nodeOfPage.Keys);
        _machine = builder.Build();
    }

    /// <summary>Kind 0: one run, 1: scattered, 2: give something back.</summary>
    internal void Step(int kind, int count, RamPlacement placement)
    {
        if (kind == 2)
        {
            if (_held.Count != 0)
            {
                GiveBack(_held[count % _held.Count]);
            }

            return;
        }

        HashSet<ulong> usable = [.. _free.Where(page => page + (Expect.Page - 1) <= placement.LastAddress.Value && (placement.NumaNode is not { } node || !placement.IsNumaNodeRequired || _nodeOfPage[page] == node))];
        bool possible = kind == 0 ? usable.Any(page => IsRun(usable, page, count)) : usable.Count >= count;
        PhysicalRange[]? taken = TryTake(kind, count, placement);
        Assert.Equal(possible, taken is not null);
        if (taken is not null)
        {
            Take(kind, count, placement, usable, taken);
        }

        Assert.Equal((ulong)(_nodeOfPage.Count - _free.Count) * Expect.Page, _machine.Ram.AllocatedBytes);
    }

    internal void FreeAll()
    {
        while (_held.Count != 0)
        {
            GiveBack(_held[^1]);
        }

        Assert.Equal(0UL, _machine.Ram.AllocatedBytes);
    }

    private void Take(int kind, int count, RamPlacement placement, HashSet<ulong> usable, PhysicalRange[] taken)
    {
        ulong[] pages = [.. RamLayout.PagesOf(taken)];
        Assert.Equal(count, pages.Length);
        Assert.All(pages, page => Assert.True(usable.Contains(page) && _free.Remove(page), "A page is wished for, free, and taken once."));
        Assert.All(taken, run => Assert.Single(RamLayout.PagesOf([run]).Select(page => _nodeOfPage[page]).Distinct()));
        if (placement.NumaNode is { } node)
        {
            int near = pages.Count(page => _nodeOfPage[page] == node);
            bool nodeHadAll = kind == 0
                ? usable.Any(page => _nodeOfPage[page] == node && IsRun(usable, page, count))
                : usable.Count(page => _nodeOfPage[page] == node) >= count;
            int expected = nodeHadAll ? count : kind == 0 ? 0 : usable.Count(page => _nodeOfPage[page] == node);
            Assert.Equal(expected, near);
        }

        _held.Add(taken);
    }

    private bool IsRun(HashSet<ulong> usable, ulong page, int count) =>
        Enumerable.Range(0, count).All(index => usable.Contains(page + ((ulong)index * Expect.Page)) && _nodeOfPage[page + ((ulong)index * Expect.Page)] == _nodeOfPage[page]);

    private void GiveBack(PhysicalRange[] taken)
    {
        _held.Remove(taken);
        _machine.Ram.Free(taken);
        _free.UnionWith(RamLayout.PagesOf(taken));
    }

    private PhysicalRange[]? TryTake(int kind, int count, RamPlacement placement)
    {
        try
        {
            return kind == 0
                ? [_machine.Ram.AllocateContiguous((ulong)count * Expect.Page, Expect.Page, placement)]
                : _machine.Ram.AllocateScattered((ulong)count * Expect.Page, 3 * Expect.Page, placement);
        }
        catch (DmaBufException exception) when (exception.Errno == Errno.ENOMEM)
        {
            return null;
        }
    }
}
