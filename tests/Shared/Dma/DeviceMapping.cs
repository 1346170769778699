namespace DmaBuf.SharedTests;

/// <summary>A buffer as the device has it, until it is disposed.</summary>
/// <param name="pages">Where the device finds each page.</param>
/// <param name="end">Unmaps and detaches.</param>
public sealed class DeviceMapping(IReadOnlyList<DmaAddress> pages, Action end) : IDisposable
{
    /// <summary>Where the device finds a page; kept by tests beyond the end, as by a device that was programmed and never told.</summary>
    public DmaAddress this[int page] => pages[page];

    public void Dispose() => end();

    /// <summary>One run of addresses.</summary>
    public static DeviceMapping Of(DmaAddress start, ulong length, Action end) =>
        new([.. Enumerable.Range(0, (int)(length / Subject.Page)).Select(page => new DmaAddress(start.Value + ((ulong)page * Subject.Page)))], end);
}
