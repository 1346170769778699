namespace DmaBuf;

/// <summary>The steps of the core that can run out of memory, and that <see cref="FaultInjection"/> can therefore make fail.</summary>
public enum FaultSite
{
    /// <summary>The attachment object, in attach.</summary>
    AttachmentAllocation = 0,

    /// <summary>The mapping object, in map.</summary>
    MappingAllocation = 1,

    /// <summary>The entries of a <see cref="ScatterGatherTable"/>.</summary>
    TableAllocation = 2,

    /// <summary>What a mapping must remember in order to be undone: a reserved IOVA block or the ranges that were mapped.</summary>
    StateAllocation = 3,

    /// <summary>The entries of a <see cref="PhysicalAddressList"/>.</summary>
    ListAllocation = 4,

    /// <summary>The buffer object, in export.</summary>
    BufferAllocation = 5,
}
