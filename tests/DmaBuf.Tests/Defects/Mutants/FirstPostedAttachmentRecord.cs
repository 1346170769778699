namespace DmaBuf.Tests.Defects.Mutants;

/// <summary>The attachment of the first posted version: the type as a field, the operations untyped and within everybody's reach.</summary>
internal sealed record FirstPostedAttachmentRecord(string Type, UntypedOperations Operations, Reservation Reservation)
{
    internal const string Table = "DMA Mapped Scatter Gather Table";
    internal const string List = "Physical Address List";
}
