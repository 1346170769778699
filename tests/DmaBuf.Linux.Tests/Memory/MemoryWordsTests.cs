namespace DmaBuf.Linux.Tests;

/// <summary>Words of shared memory: what one mapping writes the other reads, and sleepers of one are woken through the other.</summary>
public sealed class MemoryWordsTests : LeakCheckedTest
{
    [Fact]
    public void What_one_mapping_writes_the_other_reads()
    {
        using MemoryFile memory = MemoryFile.Create(TestMemory, 4096);
        using MemoryMapping mine = memory.Map(MemoryProtection.ReadWrite);
        memory.Seal(MemorySeals.ReadOnly);
        using MemoryMapping theirs = memory.Map(MemoryProtection.Read);
        MemoryWords writer = new(mine);
        MemoryWords reader = new(theirs);
        writer.Write64(64, 0x1122334455667788);
        Assert.Equal(0x1122334455667788u, reader.Read64(64));
        Assert.Equal(0x55667788u, reader.Read32(64));
        Assert.Equal(0x55667788u, writer.Exchange32(64, 1));
        Assert.Equal(0x1122334400000001u, writer.Exchange64(64, 7));
        writer.Write32(68, 2);
        Assert.Equal((2UL << 32) | 7, reader.Read64(64));
    }

    [Fact]
    public void Fields_lie_where_words_do()
    {
        using MemoryFile memory = MemoryFile.Create(TestMemory, 4096);
        using MemoryMapping mapping = memory.Map(MemoryProtection.ReadWrite);
        using MemoryMapping readOnly = memory.Map(MemoryProtection.Read);
        MemoryWords words = new(mapping);
        words.Fields<(ulong, uint)>(4080) = (5, 6);
        Assert.Equal((5UL, 6U), (words.Read64(4080), words.Read32(4088)));
        Assert.Equal((5UL, 6U), new MemoryWords(readOnly).ReadOnlyFields<(ulong, uint)>(4080));
        Refused(Errno.EINVAL, () => words.Fields<(ulong, uint)>(4088));
        Refused(Errno.EINVAL, () => words.ReadOnlyFields<(ulong, uint)>(4084));
        Refused(Errno.EINVAL, () => words.Fields<(ulong, uint)>(-8));
        Refused(Errno.EACCES, () => new MemoryWords(readOnly).Fields<(ulong, uint)>(0));
        mapping.Dispose();
        Assert.Throws<ObjectDisposedException>(() => words.ReadOnlyFields<(ulong, uint)>(0));
    }

    [Theory]
    [InlineData(-8)]
    [InlineData(4)]
    [InlineData(4096)]
    [InlineData(int.MaxValue)]
    public void A_word_outside_or_across_is_refused(int offset)
    {
        using MemoryFile memory = MemoryFile.Create(TestMemory, 4096);
        using MemoryMapping mapping = memory.Map(MemoryProtection.ReadWrite);
        MemoryWords words = new(mapping);
        Refused(Errno.EINVAL, () => words.Read64(offset));
        Refused(Errno.EINVAL, () => words.Write64(offset, 1));
    }

    [Fact]
    public void Words_of_a_mapping_that_is_read_only_or_gone_are_refused()
    {
        using MemoryFile memory = MemoryFile.Create(TestMemory, 4096);
        MemoryMapping mapping = memory.Map(MemoryProtection.Read);
        MemoryWords words = new(mapping);
        Refused(Errno.EACCES, () => words.Exchange32(0, 1));
        mapping.Dispose();
        Assert.Throws<ObjectDisposedException>(() => words.Read32(0));
        Assert.Throws<ObjectDisposedException>(() => words.Wait(0, 0, TimeSpan.Zero));
    }

    [Fact]
    public async Task A_sleeper_on_a_read_only_mapping_is_woken_by_the_writer()
    {
        using MemoryFile memory = MemoryFile.Create(TestMemory, 4096);
        using MemoryMapping mine = memory.Map(MemoryProtection.ReadWrite);
        using MemoryMapping theirs = memory.Map(MemoryProtection.Read);
        MemoryWords writer = new(mine);
        MemoryWords reader = new(theirs);
        Task sleeper = Task.Factory.StartNew(
            () =>
            {
                while (reader.Read32(8) == 0)
                    Assert.True(reader.Wait(8, 0, TimeSpan.FromSeconds(30)));
            },
            Token, TaskCreationOptions.LongRunning, TaskScheduler.Default);
        writer.Write32(8, 1);
        writer.Wake(8);
        await sleeper;
    }

    [Fact]
    public async Task A_sleeper_on_several_is_woken_by_any()
    {
        using MemoryFile first = MemoryFile.Create(TestMemory, 4096);
        using MemoryFile second = MemoryFile.Create(TestMemory, 4096);
        using MemoryMapping one = first.Map(MemoryProtection.ReadWrite);
        using MemoryMapping other = second.Map(MemoryProtection.ReadWrite);
        MemoryWords[] words = [new(one), new(other)];
        Task sleeper = Task.Factory.StartNew(
            () =>
            {
                while (words[1].Read32(8) == 0)
                    Assert.True(MemoryWords.WaitAny(words, 8, 0, TimeSpan.FromSeconds(30)));
            },
            Token, TaskCreationOptions.LongRunning, TaskScheduler.Default);
        words[1].Write32(8, 1);
        words[1].Wake(8);
        await sleeper;
    }

    [Fact]
    public void A_wait_ends_with_its_time_and_at_once_when_the_word_is_another()
    {
        using MemoryFile memory = MemoryFile.Create(TestMemory, 4096);
        using MemoryMapping mapping = memory.Map(MemoryProtection.ReadWrite);
        MemoryWords words = new(mapping);
        Assert.False(words.Wait(0, 0, TimeSpan.FromMilliseconds(1)));
        Assert.True(words.Wait(0, 1, Timeout.InfiniteTimeSpan));
        Assert.False(MemoryWords.WaitAny([words], 0, 0, TimeSpan.FromMilliseconds(1)));
        Assert.True(MemoryWords.WaitAny([words], 0, 1, Timeout.InfiniteTimeSpan));
        Refused(Errno.EINVAL, () => MemoryWords.WaitAny([], 0, 1, TimeSpan.Zero));
    }

    [Fact]
    public void A_wait_on_several_finds_one_that_is_gone()
    {
        using MemoryFile memory = MemoryFile.Create(TestMemory, 4096);
        using MemoryMapping stays = memory.Map(MemoryProtection.ReadWrite);
        MemoryMapping goes = memory.Map(MemoryProtection.ReadWrite);
        MemoryWords[] words = [new(stays), new(goes)];
        goes.Dispose();
        Assert.True(MemoryWords.WaitAny(words, 0, 0, Timeout.InfiniteTimeSpan));
    }
}
