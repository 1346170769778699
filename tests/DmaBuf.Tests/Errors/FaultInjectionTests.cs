namespace DmaBuf.Tests.Errors;

/// <summary>Fault points fail where and while an injector says so, and nowhere else.</summary>
public sealed class FaultInjectionTests
{
    [Fact]
    public void A_fault_point_fails_with_ENOMEM_while_an_injector_says_so()
    {
        FaultPoint.Check(FaultSite.TableAllocation);
        using (FaultInjection.Install(site => site == FaultSite.TableAllocation))
        {
            FaultPoint.Check(FaultSite.ListAllocation);
            DmaBufException exception = Assert.Throws<DmaBufException>(() => FaultPoint.Check(FaultSite.TableAllocation));
            Assert.Equal(Errno.ENOMEM, exception.Errno);
            Assert.Contains("TableAllocation", exception.Message, StringComparison.Ordinal);
        }

        FaultPoint.Check(FaultSite.TableAllocation);
    }

    [Fact]
    public void Other_threads_never_see_an_injector()
    {
        using IDisposable injection = FaultInjection.Install(_ => true);
        Exception? seen = null;
        var other = new Thread(() => seen = Record.Exception(() => FaultPoint.Check(FaultSite.MappingAllocation)));
        other.Start();
        other.Join();
        Assert.Null(seen);
        Assert.Throws<DmaBufException>(() => FaultPoint.Check(FaultSite.MappingAllocation));
    }

    [Fact]
    public void Injectors_do_not_nest_and_a_refused_one_leaves_the_first_in_place()
    {
        using (FaultInjection.Install(_ => true))
        {
            Assert.Equal(Errno.EBUSY, Assert.Throws<DmaBufException>(() => FaultInjection.Install(_ => false)).Errno);
            Assert.Throws<DmaBufException>(() => FaultPoint.Check(FaultSite.StateAllocation));
        }

        FaultInjection.Install(_ => false).Dispose();
    }

    [Fact]
    public void Disposing_an_old_injection_again_does_not_end_a_new_one()
    {
        IDisposable old = FaultInjection.Install(_ => false);
        old.Dispose();
        using IDisposable current = FaultInjection.Install(_ => true);
        old.Dispose();
        Assert.Throws<DmaBufException>(() => FaultPoint.Check(FaultSite.StateAllocation));
    }

    [Fact]
    public void An_injection_may_be_ended_on_another_thread()
    {
        IDisposable injection = FaultInjection.Install(_ => true);
        var other = new Thread(injection.Dispose);
        other.Start();
        other.Join();
        FaultPoint.Check(FaultSite.StateAllocation);
    }

    [Fact]
    public void A_missing_injector_is_refused() => Assert.Throws<ArgumentNullException>(() => FaultInjection.Install(null!));
}
