namespace DmaBuf.Tool;

/// <summary>What a wrong exporter does to its scatter/gather tables; used to show that the matrix would notice.</summary>
internal enum MatrixMutation
{
    /// <summary>Nothing.</summary>
    None,

    /// <summary>One entry begins a page too late.</summary>
    Shift,

    /// <summary>Two entries stand in each other's place.</summary>
    Swap,
}
