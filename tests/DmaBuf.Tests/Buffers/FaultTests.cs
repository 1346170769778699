using DmaBuf.Tests.Fakes;

namespace DmaBuf.Tests.Buffers;

/// <summary>Every step of export, attach and map that can run out of memory does so once, and nothing is left each time (spec section 8, 9).</summary>
public sealed class FaultTests : BufferFixture
{
    private readonly FakeType _type = new();

    [Fact]
    public void Whichever_step_fails_nothing_is_left_and_the_next_try_succeeds()
    {
        FakePinningExporter exporter = new(_type.Offer());
        int failures = 0;
        bool completed = false;
        for (int failing = 0; !completed; failing++)
        {
            int step = 0;
            using (FaultInjection.Install(_ => step++ == failing))
            {
                Exception? failure = Record.Exception(() => ExportAttachAndMap(exporter));
                completed = failure is null;
                if (!completed)
                {
                    Assert.Equal(Errno.ENOMEM, Assert.IsType<DmaBufException>(failure).Errno);
                    failures++;
                }
            }

            Assert.Equal((0, 0), (exporter.Pins, Registry.Count));
        }

        Assert.Equal(3, failures);
        Assert.Equal(exporter.Trace.Count(static call => call == "attach"), exporter.Trace.Count(static call => call == "detach"));
        ExportAttachAndMap(exporter);
    }

    private void ExportAttachAndMap(DmaBufferExporter exporter)
    {
        using DmaBuffer buffer = Export(exporter);
        using FakeAttachment attachment = buffer.Attach(Importer, _type.Request());
        using FakeMapping mapping = attachment.MapFake();
    }
}
