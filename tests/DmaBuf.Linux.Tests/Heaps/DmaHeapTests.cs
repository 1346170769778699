namespace DmaBuf.Linux.Tests;

/// <summary>Heaps by name, on any machine.</summary>
public sealed class DmaHeapTests : LeakCheckedTest
{
    [Theory]
    [InlineData("system", DmaHeapKind.System)]
    [InlineData("default_cma_region", DmaHeapKind.Contiguous)]
    [InlineData("linux,cma", DmaHeapKind.Contiguous)]
    [InlineData("reserved", DmaHeapKind.Contiguous)]
    [InlineData("camera-cma", DmaHeapKind.Contiguous)]
    [InlineData("protected", DmaHeapKind.Other)]
    public void A_heap_tells_its_kind_by_its_name(string name, DmaHeapKind kind) => Assert.Equal(kind, DmaHeap.KindOf(name));

    [Fact]
    public void A_heap_that_is_not_there_is_named_with_what_to_do()
    {
        DmaBufException refusal = Refused(Errno.ENOENT, () => DmaHeap.Open("nosuch"));
        Assert.Contains("/dev/dma_heap/nosuch", refusal.Message, StringComparison.Ordinal);
        Assert.Contains("heaps", refusal.Message, StringComparison.Ordinal);
        Refused(Errno.EINVAL, () => DmaHeap.Open("../null"));
    }
}
