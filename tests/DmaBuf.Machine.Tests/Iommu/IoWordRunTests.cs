namespace DmaBuf.Machine.Tests;

/// <summary>Runs of words are the same whatever vectors this processor has.</summary>
public sealed class IoWordRunTests
{
    private const ulong First = 0x1_0000_000c;
    private const ulong Step = 4096;

    [Fact]
    public void Every_way_of_writing_writes_the_same_run_and_nothing_behind_it()
    {
        for (int length = 0; length <= 67; length++)
        {
            ulong[] expected = [.. Enumerable.Range(0, length).Select(static index => First + ((ulong)index * Step)), 7];
            Assert.Equal(expected, Written(length, static words => IoWordRun.Fill(words, First, Step)));
            Assert.Equal(expected, Written(length, static words => Finish(words, IoWordRun.FillQuads(words, First, Step))));
            Assert.Equal(expected, Written(length, static words => Finish(words, IoWordRun.FillEights(words, First, Step))));
        }
    }

    [Fact]
    public void Vectors_take_all_but_a_short_end()
    {
        Assert.Equal((64, 64), (IoWordRun.FillQuads(new ulong[67], First, Step), IoWordRun.FillEights(new ulong[67], First, Step)));
        Assert.Equal((0, 0), (IoWordRun.FillQuads(new ulong[7], First, Step), IoWordRun.FillEights(new ulong[15], First, Step)));
    }

    private static ulong[] Written(int length, SpanWriter write)
    {
        ulong[] words = new ulong[length + 1];
        words[length] = 7;
        write(words.AsSpan(0, length));
        return words;
    }

    private static void Finish(Span<ulong> words, int written)
    {
        for (int index = written; index < words.Length; index++)
        {
            words[index] = First + ((ulong)index * Step);
        }
    }

    private delegate void SpanWriter(Span<ulong> words);
}
