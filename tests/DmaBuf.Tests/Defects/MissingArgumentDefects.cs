using DmaBuf.Tests.Defects.Mutants;
using DmaBuf.Tests.Fakes;
using DmaBuf.Tests.Mappings.ScatterGather;
using static DmaBuf.Tests.Mappings.ScatterGather.TableTopology;

namespace DmaBuf.Tests.Defects;

/// <summary>
/// D-8: what may be missing is tested before anything is read through it, the lock's assertion included. A map without its attachment cannot be written
/// (<see cref="ExcludedByTheCompiler"/>), so what can be missing here are the parties of the table builder and the mapping of an unmap.
/// </summary>
public sealed class MissingArgumentDefects : BufferFixture
{
    private readonly FakeType _type = new();

    [Fact]
    public void D_8_building_a_table_for_nobody_is_EINVAL()
    {
        FakeDmaDevice device = DeviceWithBlocks();
        Reservation reservation = new();
        using ReservationLock held = reservation.Lock();
        FirstPostedAttachmentRecord attachment = new(FirstPostedAttachmentRecord.Table, new UntypedOperations(static () => new object(), static _ => { }), reservation);
        DefectProof.Show<Func<bool, PeerToPeerProvider?, Errno>>(
            "something is read through the party that is missing",
            (hasParty, provider) => Result(() => Build(hasParty ? device : null!, provider, Range(0, Page)).Release()),
            (hasParty, provider) => FirstPostedCalls.BuildTable(hasParty ? attachment : null, provider),
            static (build, defect) =>
            {
                Assert.Equal(Errno.None, build(true, SameSwitch()));
                Assert.Equal(Errno.EINVAL, build(true, new PeerToPeerProvider(null!, 0)));
                Errno without = Errno.None;
                Exception? ended = Record.Exception(() => without = build(false, SameSwitch()));
                defect.AbsentIf(ended is not NullReferenceException);
                Assert.Null(ended);
                Assert.Equal(Errno.EINVAL, without);
            });
        device.AssertClean();
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void D_8_unmapping_nothing_is_refused_by_name_before_the_lock_is_asked_for(bool locked)
    {
        using DmaBuffer buffer = Export(_type.Offer());
        using FakeAttachment attachment = buffer.Attach(Importer, _type.Request());
        DefectProof.Show<Action>(
            "something is read through the mapping that is missing",
            () =>
            {
                if (locked)
                {
                    attachment.UnmapFakeLocked(default, null!);
                }

                attachment.UnmapFake(null!);
            },
            static () => FirstPostedCalls.UnmapTable(null, new object()),
            static (unmap, defect) =>
            {
                Exception? ended = Record.Exception(unmap);
                defect.AbsentIf(ended is not NullReferenceException);
                Assert.Equal("mapping", Assert.IsType<ArgumentNullException>(ended).ParamName);
            });
    }

    private static Errno Result(Action call)
    {
        try
        {
            call();
            return Errno.None;
        }
        catch (DmaBufException refused)
        {
            return refused.Errno;
        }
    }
}
