using CsCheck;

namespace DmaBuf.Sharing.Tests;

/// <summary>The publisher's book of buffers, against a model of sets.</summary>
public sealed class BufferLedgerTests
{
    private const int Buffers = 4;

    [Fact]
    public void A_buffer_is_free_loaned_or_needed_and_never_two_of_them() =>
        Gen.Select(Gen.Int[0, 4], Gen.Int[0, Buffers - 1], Gen.Int[0, 3]).Array[0, 60].Sample(steps =>
        {
            BufferLedger ledger = new(Buffers);
            Dictionary<int, HashSet<int>> needed = [];
            HashSet<int> loaned = [];
            ulong sequence = 0;
            foreach ((int step, int buffer, int member) in steps)
            {
                switch (step)
                {
                    case 0:
                        Assert.Equal(loaned.Count + needed.Count < Buffers, ledger.TryLoan(out int got));
                        if (got >= 0)
                            Assert.True(!needed.ContainsKey(got) && loaned.Add(got));
                        break;
                    case 1 when loaned.Remove(buffer):
                        ledger.Return(buffer);
                        break;
                    case 2 when loaned.Remove(buffer):
                        HashSet<int> audience = [.. Enumerable.Range(0, member)];
                        ledger.Publish(buffer, ++sequence, (1UL << member) - 1);
                        if (audience.Count > 0)
                            needed[buffer] = audience;
                        break;
                    case 3:
                        ledger.Release(buffer, 1UL << member);
                        if (needed.TryGetValue(buffer, out HashSet<int>? those) && those.Remove(member) && those.Count == 0)
                            needed.Remove(buffer);
                        break;
                    case 4:
                        ledger.ReleaseAll(1UL << member);
                        foreach (int each in needed.Keys.ToList())
                        {
                            needed[each].Remove(member);
                            if (needed[each].Count == 0)
                                needed.Remove(each);
                        }

                        break;
                }

                Assert.Equal(Buffers - loaned.Count - needed.Count, ledger.FreeCount);
                Assert.Equal(loaned.Count, ledger.LoanedCount);
                for (int each = 0; each < Buffers; each++)
                    Assert.Equal(needed.TryGetValue(each, out HashSet<int>? set) ? set.Aggregate(0UL, static (mask, bit) => mask | (1UL << bit)) : 0, ledger.NeedsOf(each));
            }
        });

    [Fact]
    public void The_oldest_frame_that_members_need_is_found_and_the_publishers_own_needs_do_not_count()
    {
        BufferLedger ledger = new(Buffers);
        int[] buffers = new int[3];
        for (int index = 0; index < 3; index++)
        {
            Assert.True(ledger.TryLoan(out buffers[index]));
            ledger.Publish(buffers[index], (ulong)(index + 1), index == 0 ? BufferLedger.Latest | BufferLedger.Contents : 1);
        }

        Assert.Equal(buffers[1], ledger.OldestOut(0));
        Assert.Equal(buffers[2], ledger.OldestOut(2));
        Assert.Equal(-1, ledger.OldestOut(3));
        Assert.False(ledger.IsQuiet);
        ledger.Release(buffers[0], BufferLedger.Contents);
        Assert.True(ledger.IsQuiet);
        Assert.Equal(1, ledger.FreeCount);
        ledger.Release(buffers[0], BufferLedger.Latest);
        Assert.Equal(2, ledger.FreeCount);
    }
}
