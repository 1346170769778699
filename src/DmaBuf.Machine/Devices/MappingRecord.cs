namespace DmaBuf.Machine;

/// <summary>One live mapping as the driver must name it again to unmap it.</summary>
internal readonly record struct MappingRecord(DmaRange Range, DmaDirection Direction, DmaAttributes Attributes);
