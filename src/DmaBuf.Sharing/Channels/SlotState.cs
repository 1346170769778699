namespace DmaBuf.Sharing;

/// <summary>What a slot holds, seen from the delivery that is waited for.</summary>
internal enum SlotState
{
    /// <summary>That delivery has not come.</summary>
    NotYet,

    /// <summary>It is there.</summary>
    Ready,

    /// <summary>A later one is there: the one waited for was retracted.</summary>
    Overtaken,
}
