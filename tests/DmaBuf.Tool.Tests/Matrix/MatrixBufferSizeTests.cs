namespace DmaBuf.Tool.Tests;

/// <summary>The kernel's buffers in the matrix are as large as the importer that needs the most, up to a bound.</summary>
public sealed class MatrixBufferSizeTests
{
    [Fact]
    public void The_largest_need_decides_in_whole_pages()
    {
        MatrixBufferSize size = new();
        Assert.Equal(1 << 20, size.Bytes);
        size.MakeRoomFor(115200);
        Assert.Equal(1 << 20, size.Bytes);
        size.MakeRoomFor((3 << 20) + 1);
        Assert.Equal((3 << 20) + 4096, size.Bytes);
        size.MakeRoomFor(2 << 20);
        Assert.Equal((3 << 20) + 4096, size.Bytes);
        size.MakeRoomFor(MatrixBufferSize.Largest);
        Assert.Equal(MatrixBufferSize.Largest, size.Bytes);
    }

    [Theory]
    [InlineData(MatrixBufferSize.Largest + 1UL)]
    [InlineData(ulong.MaxValue)]
    public void A_larger_one_is_left_out_with_the_reason_and_changes_nothing(ulong needed)
    {
        MatrixBufferSize size = new();
        DmaBufException refused = Assert.Throws<DmaBufException>(() => size.MakeRoomFor(needed));
        Assert.Equal(Errno.EFBIG, refused.Errno);
        Assert.Contains("none over 64 MiB", refused.Message, StringComparison.Ordinal);
        Assert.Equal(1 << 20, size.Bytes);
    }
}
