namespace DmaBuf.Linux.Tests;

/// <summary>Who outlived whom, and who grew, from snapshots alone.</summary>
public sealed class KernelBufferLeaksTests
{
    [Fact]
    public void A_buffer_whose_holders_all_died_is_an_orphan()
    {
        KernelBufferLeaks leaks = KernelBufferLeaks.Find([Snapshot([1, 2], Buffer(52, 1, 2)), Snapshot([9], Buffer(52))]);
        OrphanedBuffer orphan = Assert.Single(leaks.Orphans);
        Assert.Equal(52UL, orphan.Buffer.Inode);
        Assert.Equal([1, 2], orphan.DeadHolders.Select(static holder => holder.ProcessId));
        Assert.True(leaks.Any);
    }

    [Fact]
    public void A_buffer_that_a_survivor_holds_or_that_was_closed_by_the_living_is_no_orphan()
    {
        Assert.False(KernelBufferLeaks.Find([Snapshot([1, 2], Buffer(52, 1, 2)), Snapshot([2], Buffer(52, 2))]).Any);
        Assert.False(KernelBufferLeaks.Find([Snapshot([1], Buffer(52, 1)), Snapshot([1], Buffer(52))]).Any);
        Assert.False(KernelBufferLeaks.Find([Snapshot([1], Buffer(52)), Snapshot([1], Buffer(52))]).Any);
    }

    [Fact]
    public void An_inode_number_that_is_used_again_for_another_size_is_another_buffer() =>
        Assert.Empty(KernelBufferLeaks.Find([Snapshot([1], Buffer(52, 1)), Snapshot([], Buffer(52) with { Size = 8192 })]).Orphans);

    [Fact]
    public void A_process_that_holds_more_and_more_grows()
    {
        GrowingHolder growing = Assert.Single(KernelBufferLeaks.Find(
            [Snapshot([1], Buffer(1, 1)), Snapshot([1], Buffer(1, 1)), Snapshot([1], Buffer(1, 1), Buffer(2, 1), Buffer(3, 1))]).Growing);
        Assert.Equal((1, 3, 4096UL, 12288UL), (growing.BuffersBefore, growing.BuffersAfter, growing.BytesBefore, growing.BytesAfter));
    }

    [Fact]
    public void A_process_that_held_nothing_at_first_grows_from_nothing() =>
        Assert.Equal(0, Assert.Single(KernelBufferLeaks.Find([Snapshot([1]), Snapshot([1], Buffer(1, 1))]).Growing).BuffersBefore);

    [Fact]
    public void A_process_that_breathes_does_not_grow() =>
        Assert.Empty(KernelBufferLeaks.Find([Snapshot([1], Buffer(1, 1)), Snapshot([1], Buffer(1, 1), Buffer(2, 1), Buffer(3, 1)), Snapshot([1], Buffer(1, 1), Buffer(2, 1))]).Growing);

    [Fact]
    public void A_process_that_began_meanwhile_is_measured_from_where_it_was_first_seen() =>
        Assert.Empty(KernelBufferLeaks.Find([Snapshot([1]), Snapshot([1, 2], Buffer(1, 2)), Snapshot([1, 2], Buffer(1, 2))]).Growing);

    [Fact]
    public void Growth_below_the_minimum_is_passed_over() =>
        Assert.Empty(KernelBufferLeaks.Find([Snapshot([1]), Snapshot([1], Buffer(1, 1))], minimumBytes: 4097).Growing);

    [Fact]
    public void One_snapshot_shows_no_leak() => Assert.Throws<ArgumentException>(static () => KernelBufferLeaks.Find([Snapshot([])]));

    [Fact]
    public void A_process_with_the_number_of_a_dead_holder_is_somebody_else()
    {
        KernelBufferSnapshot before = Snapshot([1], Buffer(52, 1));
        Assert.Equal(1, Assert.Single(Assert.Single(KernelBufferLeaks.Find([before, SnapshotOf([new ProcessIdentity(1, 101)], Buffer(52))]).Orphans).DeadHolders).ProcessId);
        Assert.Empty(KernelBufferLeaks.Find([before, SnapshotOf([new ProcessIdentity(1, 100)], Buffer(52))]).Orphans);
        Assert.Empty(KernelBufferLeaks.Find([before, SnapshotOf([new ProcessIdentity(1, 0)], Buffer(52))]).Orphans); // not known, so nothing is claimed
    }

    [Fact]
    public void A_process_did_not_grow_from_what_another_with_its_number_held_or_held_not()
    {
        KernelBufferSnapshot after = Snapshot([1], Buffer(1, 1), Buffer(2, 1));
        Assert.Empty(KernelBufferLeaks.Find([SnapshotOf([new ProcessIdentity(1, 99)]), after]).Growing);
        Assert.Empty(KernelBufferLeaks.Find([SnapshotOf([new ProcessIdentity(1, 99)], Holding(Buffer(1), 1, 99)), after]).Growing);
        Assert.Single(KernelBufferLeaks.Find([SnapshotOf([new ProcessIdentity(1, 100)]), after]).Growing);
    }

    private static KernelBufferRecord Holding(KernelBufferRecord buffer, int process, ulong start) => buffer with { Holders = [new(process, start, "other", 0, [3], [])] };

    private static KernelBufferSnapshot SnapshotOf(ProcessIdentity[] living, params KernelBufferRecord[] buffers) => new(DateTimeOffset.UnixEpoch, living, buffers, [], []);

    internal static KernelBufferSnapshot Snapshot(int[] living, params KernelBufferRecord[] buffers) => new(DateTimeOffset.UnixEpoch, [.. living.Select(static id => new ProcessIdentity(id, 100))], buffers, [new(7, Errno.EACCES)], [new("/x", Errno.ENOENT)]);

    internal static KernelBufferRecord Buffer(ulong inode, params int[] holders) => new(
        OpenFileKind.DmaBuffer, inode, 4096, "system", null, 2,
        [.. holders.Select(static holder => new BufferHolder(holder, 100, "x\n", 0, [3], [new(0x7f0000000000, 0x7f0000001000, 0, true, true)]))], ["vgem"], null);
}
