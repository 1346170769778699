namespace DmaBuf.Linux.Tests;

/// <summary>The doctor on the machine that has the buffers: everything there is tried, and works.</summary>
[LabMachine(LabMachines.Buffers)]
public sealed class MachineDoctorLabTests : LeakCheckedTest
{
    [Theory]
    [InlineData("memfd")]
    [InlineData("heap:system")]
    [InlineData("udmabuf")]
    [InlineData("sync-file")]
    [InlineData("bufinfo")]
    [InlineData("processes")]
    public void What_the_machine_has_works(string name) => Assert.Equal((DoctorState.Works, null), (Check(MachineDoctor.Examine(), name).State, Check(MachineDoctor.Examine(), name).Remedy));

    [Fact]
    public void Graphics_and_video_are_asked_who_they_are()
    {
        DoctorReport report = MachineDoctor.Examine();
        Assert.Contains(report.Checks, static check => check.Name.StartsWith("drm:renderD", StringComparison.Ordinal) && check.State == DoctorState.Works
            && check.Detail == "driver vgem; imports and exports dma-bufs");
        Assert.Contains(report.Checks, static check => check.Name.StartsWith("video:video", StringComparison.Ordinal) && check.State == DoctorState.Works
            && check.Detail == "vivid: capture; exports its buffers");
    }

    [Fact]
    public void Nothing_is_left_of_what_was_tried()
    {
        int before = KernelBufferSnapshot.Take().Buffers.Count;
        MachineDoctor.Examine();
        Assert.Equal(before, KernelBufferSnapshot.Take().Buffers.Count);
    }

    [Fact]
    public void Nodes_of_root_are_forbidden_to_others_and_the_right_that_is_needed_is_named()
    {
        DoctorReport report = WithoutPrivilege.RunAsNobody(static () => MachineDoctor.Examine());
        Assert.Equal(DoctorState.Works, Check(report, "memfd").State);
        Assert.Equal(DoctorState.Forbidden, Check(report, "bufinfo").State);
        foreach (string name in (string[])["heap:system", "udmabuf"])
        {
            Assert.Equal(DoctorState.Forbidden, Check(report, name).State);
            Assert.StartsWith("sudo setfacl -m u:$USER:rw /dev/", Check(report, name).Remedy, StringComparison.Ordinal);
        }

        Assert.Equal(DoctorState.Untested, Check(report, "sync-file").State);
        Assert.False(report.IsUsable("heap"));
    }

    private static DoctorCheck Check(DoctorReport report, string name) => report.Checks.Single(check => check.Name == name);
}
