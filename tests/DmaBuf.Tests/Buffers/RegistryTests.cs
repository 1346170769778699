using System.Text.Json;
using DmaBuf.Tests.Fakes;

namespace DmaBuf.Tests.Buffers;

/// <summary>The list of live buffers, its dump (spec 2.15) and the problems that nobody could be told of.</summary>
public sealed class RegistryTests : BufferFixture
{
    private readonly FakeType _type = new("A");
    private readonly FakeRulelessType _plain = new();

    [Fact]
    public void The_dump_shows_each_buffer_its_fences_its_attachments_and_the_totals()
    {
        using DmaBuffer named = Export(new FakeExporter(OfferSource.Single(_type.Offer()), "vram"), 8192, "frame");
        using DmaBuffer bare = Export(_type.Offer());
        using FenceSource fence = MapTests.AddFence(named, FenceUsage.Write);
        using FakeAttachment first = named.Attach(new DmaBufferImporter("display"), _type.Request());
        using FakeAttachment second = named.Attach(new DmaBufferImporter("encoder"), _type.Request());

        string[] lines = Registry.Dump().Split('\n');
        Assert.Equal("Dma-buf Objects:", lines[1]);
        Assert.Equal(["size", "state", "count", "exp_name", "ino", "name"], Columns(lines[2]));
        Assert.Equal(["8192", "Live", "3", "vram", $"{named.Id:D8}", "frame"], Columns(lines[3]));
        Assert.Equal($"\tfence: {fence.Fence}", lines[4]);
        Assert.Equal("\tAttached Devices:", lines[5]);
        Assert.Equal("\tA: fake words", lines[6]);
        Assert.Equal("\tA: fake words", lines[7]);
        Assert.Equal("Total 2 devices attached", lines[8]);
        Assert.Equal(["4096", "Live", "1", "exporter", $"{bare.Id:D8}", "<none>"], Columns(lines[10]));
        Assert.Equal("Total 0 devices attached", lines[12]);
        Assert.Equal("Total 2 objects, 12288 bytes", lines[^2]);
    }

    [Fact]
    public void The_JSON_dump_tells_everything()
    {
        using DmaBuffer buffer = Export(new FakePinningExporter(_type.Offer()), 4096, "frame");
        using FakeAttachment attachment = buffer.Attach(new FakeDynamicImporter("display"), _type.Request());
        FakeMapping mapping = attachment.MapFake();
        using (ReservationLock held = buffer.Reservation.Lock())
        {
            attachment.Pin(in held);
        }

        using (JsonDocument document = JsonDocument.Parse(Registry.DumpJson()))
        {
            JsonElement root = document.RootElement;
            Assert.Equal((1, 4096), (root.GetProperty("objects").GetInt32(), root.GetProperty("bytes").GetInt32()));
            JsonElement shown = Assert.Single(root.GetProperty("buffers").EnumerateArray());
            Assert.Equal(buffer.Id, shown.GetProperty("id").GetInt64());
            Assert.Equal("frame", shown.GetProperty("name").GetString());
            Assert.Equal("Live", shown.GetProperty("state").GetString());
            Assert.Equal(2, shown.GetProperty("references").GetInt32());
            JsonElement line = Assert.Single(shown.GetProperty("attachments").EnumerateArray());
            Assert.Equal(("A", "fake words"), (line.GetProperty("type").GetString(), line.GetProperty("description").GetString()));
            Assert.Equal(("display", true), (line.GetProperty("importer").GetString(), line.GetProperty("dynamic").GetBoolean()));
            Assert.Equal((1, 1), (line.GetProperty("mappings").GetInt32(), line.GetProperty("pins").GetInt32()));
            Assert.False(line.GetProperty("quarantined").GetBoolean());
        }

        using (ReservationLock held = buffer.Reservation.Lock())
        {
            attachment.Unpin(in held);
        }

        mapping.Dispose();
    }

    [Fact]
    public void A_type_that_throws_while_it_describes_does_not_break_the_dump()
    {
        using DmaBuffer buffer = Export(_plain.Offer());
        using FakeAttachment attachment = buffer.Attach(Importer, _plain.Request());
        attachment.FailDescribe = new TimeZoneNotFoundException("no words");
        Assert.Contains("\truleless:\n", Registry.Dump(), StringComparison.Ordinal);
        Assert.Contains("no words", Assert.Single(Registry.Problems).Description, StringComparison.Ordinal);
        ExpectedProblems = 1;
    }

    [Fact]
    public void A_forgotten_detach_shows_in_the_registry_until_it_is_made_up_for()
    {
        DmaBuffer buffer = Export(_type.Offer());
        FakeAttachment forgotten = buffer.Attach(Importer, _type.Request());
        buffer.Dispose();
        Assert.Same(buffer, Assert.Single(Registry.Buffers));
        Assert.Contains("Total 1 devices attached", Registry.Dump(), StringComparison.Ordinal);
        forgotten.Dispose();
        Assert.Empty(Registry.Buffers);
    }

    [Fact]
    public void Problems_are_kept_up_to_a_limit_and_counted_beyond_it()
    {
        using DmaBuffer buffer = Export(_type.Offer());
        int reported = DmaBufferRegistry.MaximumProblemsKept + 3;
        for (int index = 0; index < reported; index++)
        {
            FakeAttachment attachment = buffer.Attach(Importer, _type.Request());
            attachment.MapFake();
            attachment.Dispose();
        }

        Assert.Equal(DmaBufferRegistry.MaximumProblemsKept, Registry.Problems.Count);
        Assert.Equal(reported, Registry.ProblemCount);
        ExpectedProblems = reported;
    }

    [Fact]
    public void A_release_or_a_detach_that_throws_is_reported_and_the_buffer_is_gone()
    {
        FakeExporter exporter = new(_type.Offer()) { Detaching = static _ => throw new TimeZoneNotFoundException("detach throws") };
        using (DmaBuffer buffer = Export(exporter))
        {
            buffer.Attach(Importer, _type.Request()).Detach();
            Assert.Equal(0, buffer.AttachmentCount);
        }

        Assert.Equal(0, Registry.Count);
        Assert.Contains("detach throws", Assert.Single(Registry.Problems).Description, StringComparison.Ordinal);
        ExpectedProblems = 1;
    }

    private static string[] Columns(string line) => [.. line.Split('\t').Select(static column => column.TrimEnd())];
}
