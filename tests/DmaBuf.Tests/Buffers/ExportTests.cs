using DmaBuf.Tests.Fakes;

namespace DmaBuf.Tests.Buffers;

/// <summary>
/// The rows of export validation (spec 2.5). "Both sources", "exactly one of pin and unpin" and "no release" cannot be written; they stand in
/// <c>Defects/ExcludedByTheCompiler</c>.
/// </summary>
public sealed class ExportTests : BufferFixture
{
    private readonly FakeType _type = new();

    [Fact]
    public void No_exporter_is_EINVAL() => AssertRefused(Errno.EINVAL, () => Export((DmaBufferExporter)null!));

    [Fact]
    public void An_exporter_without_an_offer_source_is_EINVAL() => AssertRefused(Errno.EINVAL, () => Export(new FakeExporter((OfferSource?)null)));

    [Fact]
    public void Size_zero_is_EINVAL() => AssertRefused(Errno.EINVAL, () => Export(new FakeExporter(_type.Offer()), size: 0));

    [Fact]
    public void An_exporter_that_is_going_away_is_ENOENT()
        => AssertRefused(Errno.ENOENT, () => Export(new FakeExporter(_type.Offer()) { Going = true }));

    [Fact]
    public void No_memory_is_ENOMEM_and_releases_nothing()
    {
        FakeExporter exporter = new(_type.Offer());
        using (FaultInjection.Install(static site => site == FaultSite.BufferAllocation))
        {
            AssertRefused(Errno.ENOMEM, () => Export(exporter));
        }

        Assert.Equal(0, exporter.Releases);
    }

    [Theory]
    [InlineData("1234567890123456789012345678901", 31)]
    [InlineData("12345678901234567890123456789012", 32)]
    [InlineData("ééééééééééééééé1", 31)]
    [InlineData("éééééééééééééééé", 32)]
    public void A_name_has_at_most_31_bytes_of_UTF8(string name, int bytes)
    {
        Assert.Equal(bytes, System.Text.Encoding.UTF8.GetByteCount(name));
        using DmaBuffer buffer = Export(_type.Offer());
        buffer.Name = "before";
        if (bytes > DmaBuffer.MaximumNameLength)
        {
            Refusal.Expect(Errno.EINVAL, () => Export(new FakeExporter(_type.Offer()), name: name));
            Refusal.Expect(Errno.EINVAL, () => buffer.Name = name);
            Assert.Equal("before", buffer.Name);
            Assert.Equal(1, Registry.Count);
            return;
        }

        buffer.Name = name;
        Assert.Equal(name, buffer.Name);
        buffer.Name = null;
        Assert.Null(buffer.Name);
    }

    [Fact]
    public void Offers_are_computed_at_attach_and_never_at_export()
    {
        FakeExporter exporter = new(_type.Offer());
        using DmaBuffer buffer = Export(exporter);
        Assert.Equal(0, exporter.OfferCalls);
        buffer.Attach(Importer, _type.Request()).Dispose();
        Assert.Equal(1, exporter.OfferCalls);
    }

    [Fact]
    public void The_last_reference_releases_once()
    {
        FakeExporter exporter = new(_type.Offer());
        DmaBuffer buffer = Export(exporter);
        DmaBufferReference reference = buffer.AddReference();
        FakeAttachment attachment = buffer.Attach(Importer, _type.Request());
        buffer.Dispose();
        buffer.Dispose();
        Assert.False(buffer.IsReleased);
        attachment.Dispose();
        attachment.Dispose();
        Assert.Equal(0, exporter.Releases);
        Assert.Same(buffer, reference.Buffer);
        reference.Dispose();
        reference.Dispose();
        Assert.True(buffer.IsReleased);
        Assert.Equal(1, exporter.Releases);
        Assert.Throws<ObjectDisposedException>(() => reference.Buffer);
    }

    [Fact]
    public void The_last_detach_releases_a_buffer_whose_owner_has_gone()
    {
        FakeExporter exporter = new(_type.Offer());
        DmaBuffer buffer = Export(exporter);
        FakeAttachment attachment = buffer.Attach(Importer, _type.Request());
        buffer.Dispose();
        attachment.Detach();
        Assert.Equal(["attach", "detach", "release"], exporter.Trace);
    }

    [Fact]
    public async Task A_released_buffer_refuses_everything()
    {
        DmaBuffer buffer = Export(_type.Offer());
        buffer.Dispose();
        Assert.Throws<ObjectDisposedException>(() => buffer.Attach(Importer, _type.Request()));
        Assert.Throws<ObjectDisposedException>(() => buffer.TryAttach(Importer, [_type.Request()], out _, out _));
        Assert.Throws<ObjectDisposedException>(() => buffer.Explain(Importer, _type.Request()));
        Assert.Throws<ObjectDisposedException>(buffer.AddReference);
        Assert.Throws<ObjectDisposedException>(() => buffer.BeginCpuAccess(DmaDirection.FromDevice));
        await Assert.ThrowsAsync<ObjectDisposedException>(async () => await buffer.RevokeAsync(TimeSpan.Zero));
        await Assert.ThrowsAsync<ObjectDisposedException>(async () => await buffer.CloseAsync(TimeSpan.Zero));
        await Assert.ThrowsAsync<ObjectDisposedException>(async () => await buffer.UnrevokeAsync());
        Assert.Empty(_type.MatchCalls);
    }

    private void AssertRefused(Errno errno, Action export)
    {
        Refusal.Expect(errno, export);
        Assert.Equal(0, Registry.Count);
    }
}
