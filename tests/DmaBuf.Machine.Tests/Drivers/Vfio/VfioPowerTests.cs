namespace DmaBuf.Machine.Tests;

/// <summary>Each attachment keeps the function powered, and no other way of ending an attach leaves it so (D-30).</summary>
public sealed class VfioPowerTests
{
    [Fact]
    public void Power_is_counted_by_attachment_and_ends_with_detach()
    {
        int wakes = 0;
        using VfioBench bench = new(new VfioPciDeviceOptions { PoweringUp = () => wakes++ });
        using DmaBuffer buffer = bench.Export();
        using DmaBuffer other = bench.Export();
        PhysicalAddressListAttachment first = Attach(bench, buffer);
        PhysicalAddressListAttachment second = Attach(bench, other);
        DmaAddress iova = bench.Map(buffer);
        Assert.Equal((3, 3), (bench.Device.PowerReferences, wakes));
        first.Detach();
        Assert.Equal(2, bench.Device.PowerReferences);
        second.Dispose();
        Assert.Equal(1, bench.Device.PowerReferences);
        bench.Context.Unmap(bench.Space.Id, iova, buffer.Size);
        Assert.Equal((0, 3), (bench.Device.PowerReferences, wakes));
    }

    [Fact]
    public void A_function_that_does_not_wake_up_refuses_the_importer_with_its_own_errno()
    {
        using VfioBench bench = new(new VfioPciDeviceOptions { PoweringUp = static () => throw new DmaBufException(Errno.ETIMEDOUT, "The function does not wake up.") });
        using DmaBuffer buffer = bench.Export();
        Expect.Fails(Errno.ETIMEDOUT, () => Attach(bench, buffer));
        Assert.Equal((0, 0), (bench.Device.PowerReferences, buffer.AttachmentCount));
        Expect.Fails(Errno.ETIMEDOUT, () => bench.Map(buffer));
        Assert.Equal((0, 0, 0), (bench.Device.PowerReferences, buffer.AttachmentCount, bench.Space.AreaCount));
    }

    [Fact]
    public void An_attach_that_a_revoke_overtakes_after_the_power_was_taken_gives_it_back()
    {
        DmaBuffer? buffer = null;
        int powered = -1;
        VfioBench? bench = null;
        bench = new VfioBench(new VfioPciDeviceOptions
        {
            PoweringUp = () =>
            {
                powered = bench!.Device.PowerReferences;
                Task<RevokeReport> revoke = buffer!.RevokeAsync(TimeSpan.Zero).AsTask();
                Assert.True(revoke.IsCompleted);
            },
        });
        using (bench)
        {
            using (buffer = bench.Export())
            {
                Expect.Fails(Errno.ENODEV, () => Attach(bench, buffer));
                Assert.Equal((1, 0), (powered, bench.Device.PowerReferences));
            }
        }
    }

    [Fact]
    public async Task Power_outlives_a_revoke_and_a_close_until_the_importer_detaches()
    {
        using VfioBench bench = new();
        using DmaBuffer buffer = bench.Export();
        PhysicalAddressListAttachment attachment = Attach(bench, buffer);
        await bench.Device.ResetAsync(TimeSpan.Zero, TestContext.Current.CancellationToken);
        await bench.Device.CloseAsync(TimeSpan.Zero, TestContext.Current.CancellationToken);
        Assert.Equal(1, bench.Device.PowerReferences);
        attachment.Dispose();
        Assert.Equal(0, bench.Device.PowerReferences);
    }

    private static PhysicalAddressListAttachment Attach(VfioBench bench, DmaBuffer buffer)
        => buffer.Attach(new LateImporter(), PhysicalAddressListMappingType.Request(bench.Access));
}
