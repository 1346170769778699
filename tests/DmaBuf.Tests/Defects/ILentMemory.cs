namespace DmaBuf.Tests.Defects;

/// <summary>A device's memory as importers of lists and of tables see it, and as its device can take it away: ours, or as first posted.</summary>
internal interface ILentMemory
{
    /// <summary>How many lists are out.</summary>
    int LiveLists { get; }

    /// <summary>A further importer attaches, and detaches at once.</summary>
    Errno Attach();

    /// <summary>The importer of lists, attached from the beginning, maps; what it got is its until <see cref="UnmapList"/>.</summary>
    Errno MapList(out PhysicalRange[] ranges);

    void UnmapList();

    /// <summary>The importer of tables, attached from the beginning, maps and unmaps.</summary>
    Errno MapTable();

    /// <summary>The device takes the memory away, or gives it back.</summary>
    void Move(bool revoked);
}
