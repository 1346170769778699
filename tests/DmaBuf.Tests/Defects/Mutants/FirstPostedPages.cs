namespace DmaBuf.Tests.Defects.Mutants;

/// <summary>The importer of patch 23: keeps what map returned, an error too, and unmaps on release whatever it keeps (D-15).</summary>
internal sealed class FirstPostedPages(Func<object> map)
{
    private object? _list;

    internal int Unmaps { get; private set; }

    internal void Map()
    {
        _list = map();
        if (_list is Errno failed)
        {
            throw new DmaBufException(failed, "mapping the list failed");
        }
    }

    internal void Release()
    {
        if (_list is not null)
        {
            Unmaps++;
            _list = null;
        }
    }
}
