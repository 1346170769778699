namespace DmaBuf.Tests.Conformance;

/// <summary>List operations for tests that only negotiate.</summary>
internal sealed class PhysicalExporterOperations : IPhysicalAddressListOperations
{
    public PhysicalAddressList? MapPhysicalAddressList(Attachment attachment, in ReservationLock held) => null;

    public void UnmapPhysicalAddressList(Attachment attachment, PhysicalAddressList list, in ReservationLock held) => Assert.Fail("Nothing was mapped.");
}
