namespace DmaBuf.Linux.Tests;

/// <summary>Formats in the kernel's two shapes, and slots as a state.</summary>
public sealed class VideoFormatTests : LeakCheckedTest
{
    [Theory]
    [InlineData("YUYV", 0x56595559U)]
    [InlineData("Y16", 0x20363159U)]
    public void A_code_is_its_letters(string name, uint code) => Assert.Equal((code, name), (VideoFormat.CodeOf(name), VideoFormat.NameOf(code)));

    [Theory]
    [InlineData("")]
    [InlineData("YUYV2")]
    [InlineData("YÜYV")]
    public void What_is_no_code_is_refused(string name) => Refused(Errno.EINVAL, () => VideoFormat.CodeOf(name));

    [Theory]
    [InlineData(VideoBufferType.Capture, 1)]
    [InlineData(VideoBufferType.OutputMultiPlanar, 1)]
    [InlineData(VideoBufferType.CaptureMultiPlanar, 8)]
    public void A_format_comes_back_as_it_was_written(VideoBufferType type, int planes)
    {
        VideoFormat format = new(640, 480, "NM12", [.. Enumerable.Range(1, planes).Select(plane => new VideoPlane((uint)(plane * 1000), (uint)plane))]);
        VideoUapi.v4l2_format kernel = VideoFormatLayout.Write(type, format);
        VideoFormat read = VideoFormatLayout.Read(ref kernel);
        Assert.Equal((format.Width, format.Height, format.PixelFormat), (read.Width, read.Height, read.PixelFormat));
        Assert.Equal(format.Planes, read.Planes);
    }

    [Fact]
    public void More_planes_than_the_kernel_knows_are_refused() =>
        Refused(Errno.EINVAL, static () => VideoFormatLayout.Write(VideoBufferType.CaptureMultiPlanar, new(1, 1, "NM12", new VideoPlane[9])));

    [Fact]
    public void A_slot_is_the_programs_until_it_is_queued_and_reserved_ones_are_not_given_twice()
    {
        VideoSlots slots = new(2);
        Assert.Equal((0, 1, -1), (slots.Reserve(), slots.Reserve(), slots.Reserve()));
        slots.Unreserve(0);
        slots.MarkQueued(0);
        Assert.Equal(-1, slots.Reserve());
        Refused(Errno.EBUSY, () => slots.ThrowUnlessIdle(0, "queue"));
        Refused(Errno.EINVAL, () => slots.ThrowUnlessIdle(2, "queue"));
        slots.MarkDequeued(0);
        Assert.True(slots.AnyInUse);
        slots.Unreserve(1);
        Assert.False(slots.AnyInUse);
        slots.MarkQueued(1);
        slots.MarkAllDequeued();
        Assert.Equal((0, false), (slots.Queued, slots.AnyInUse));
    }

    [Fact]
    public void A_slot_that_is_prepared_is_not_reserved_again_until_it_was_dequeued()
    {
        VideoSlots slots = new(1);
        slots.MarkPrepared(slots.Reserve());
        slots.Unreserve(0);
        Assert.Equal(-1, slots.Reserve());
        slots.MarkAllDequeued();
        Assert.Equal(0, slots.Reserve());
    }
}
