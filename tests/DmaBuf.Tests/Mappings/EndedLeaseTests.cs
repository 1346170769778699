using DmaBuf.Tests.Conformance;
using DmaBuf.Tests.Fakes;

namespace DmaBuf.Tests.Mappings;

/// <summary>A lease that has ended shows nothing any more, because its memory may be gone; a live one goes on after a revoke took the memory away.</summary>
public sealed class EndedLeaseTests : BufferFixture
{
    private delegate void Look<TLease>(ref TLease lease)
        where TLease : allows ref struct;

    [Fact]
    public void A_Cpu_lease_shows_no_bytes_after_it_was_disposed()
    {
        using DmaBuffer buffer = Export(new ArrayExporter(new byte[16]), 16);
        using CpuAttachment attachment = buffer.Attach(Importer, CpuMappingType.Request(CpuAccess.ReadWrite));
        using CpuMapping mapping = attachment.MapCpu();
        CpuReadLease read = mapping.Read();
        Assert.False(IsRefused(ref read, static (ref CpuReadLease lease) => _ = lease.Span.Length));
        read.Dispose();
        Assert.True(IsRefused(ref read, static (ref CpuReadLease lease) => _ = lease.Span.Length));
        Assert.True(IsRefused(ref read, static (ref CpuReadLease lease) => _ = lease.Window(0, 1).Length));
        CpuWriteLease write = mapping.Write();
        Assert.False(IsRefused(ref write, static (ref CpuWriteLease lease) => _ = lease.Span.Length));
        write.Dispose();
        Assert.True(IsRefused(ref write, static (ref CpuWriteLease lease) => _ = lease.Span.Length));
        Assert.True(IsRefused(ref write, static (ref CpuWriteLease lease) => _ = lease.Window(0, 1).Length));
    }

    [Fact]
    public void A_table_and_a_descriptor_are_not_shown_after_their_lease()
    {
        using TableSubject tables = new();
        using DmaBuffer buffer = tables.Export(new DmaBufferExportOptions { Registry = Registry });
        using ScatterGatherAttachment attachment = (ScatterGatherAttachment)buffer.Attach(Importer, [tables.AcceptedRequest()]);
        using ScatterGatherMapping mapping = attachment.MapScatterGather(DmaDirection.Bidirectional);
        ScatterGatherLease table = mapping.ReadTable();
        Assert.False(IsRefused(ref table, static (ref ScatterGatherLease lease) => _ = lease.Entries.Length));
        table.Dispose();
        Assert.True(IsRefused(ref table, static (ref ScatterGatherLease lease) => _ = lease.Entries.Length));

        using DescriptorSubject descriptors = new();
        using DmaBuffer other = descriptors.Export(new DmaBufferExportOptions { Registry = Registry });
        using DescriptorAttachment holder = (DescriptorAttachment)other.Attach(Importer, [descriptors.AcceptedRequest()]);
        using DescriptorMapping held = holder.MapDescriptor();
        DescriptorLease descriptor = held.Borrow();
        Assert.False(IsRefused(ref descriptor, static (ref DescriptorLease lease) => _ = lease.Handle.IsInvalid));
        descriptor.Dispose();
        Assert.True(IsRefused(ref descriptor, static (ref DescriptorLease lease) => _ = lease.Handle.IsInvalid));
    }

    [Fact]
    public void A_list_is_not_shown_after_its_lease()
    {
        using PhysicalSubject.List lists = new();
        using DmaBuffer buffer = lists.Export(new DmaBufferExportOptions { Registry = Registry });
        using PhysicalAddressListAttachment attachment = (PhysicalAddressListAttachment)buffer.Attach(Importer, [lists.AcceptedRequest()]);
        using PhysicalAddressListMapping mapping = attachment.MapPhysicalAddressList();
        PhysicalAddressListLease list = mapping.ReadList();
        Assert.False(IsRefused(ref list, static (ref PhysicalAddressListLease lease) => _ = lease.Entries.Length));
        list.Dispose();
        Assert.True(IsRefused(ref list, static (ref PhysicalAddressListLease lease) => _ = lease.Entries.Length));
    }

    [Fact]
    public void A_live_lease_keeps_a_tables_entries_when_a_revoke_takes_the_mapping_away()
    {
        using TableSubject tables = new();
        using DmaBuffer buffer = tables.Export(new DmaBufferExportOptions { Registry = Registry });
        using ScatterGatherAttachment attachment = (ScatterGatherAttachment)buffer.Attach(
            (DmaBufferImporter)new FakeDynamicImporter(), [tables.AcceptedRequest()]);
        using ScatterGatherMapping mapping = attachment.MapScatterGather(DmaDirection.Bidirectional);
        using ScatterGatherLease lease = mapping.ReadTable();
        DmaAddress address = lease.Entries[0].Address;
        _ = Refusal.Ended(buffer.RevokeAsync(TimeSpan.Zero));
        Assert.Equal((address, buffer.Size), (lease.Entries[0].Address, lease.TotalLength));
        ExpectedProblems = buffer.IsQuarantined ? 1 : 0;
    }

    private static bool IsRefused<TLease>(ref TLease lease, Look<TLease> look)
        where TLease : allows ref struct
    {
        try
        {
            look(ref lease);
            return false;
        }
        catch (ObjectDisposedException)
        {
            return true;
        }
    }
}
