namespace DmaBuf.Linux;

/// <summary>
/// Examines the machine: each interface of which this library knows is tried in the smallest way that shows whether it works, and where it does not, the one command or setting is named
/// that would change it.
/// </summary>
/// <remarks>
/// What is tried is taken back at once: a page of each heap, a page-sized udmabuf, opened nodes. Display nodes and VFIO groups are not opened, only asked for permission, because an open
/// one keeps others out. Needs no privilege; takes well under a second. Safe for all threads.
/// </remarks>
public static class MachineDoctor
{
    /// <summary>Looks at everything now. Whatever is missing is an answer, never an exception.</summary>
    /// <exception cref="PlatformNotSupportedException">This is not Linux.</exception>
    public static DoctorReport Examine(DoctorOptions? options = null)
    {
        LinuxOnly.Ensure();
        DoctorRoom room = new(options ?? new());
        List<DoctorCheck> checks = [.. MemoryChecks.Of(room)];
        using (SharedProbe probe = new())
        {
            checks.AddRange(HeapChecks.Of(room, probe));
            checks.Add(UdmabufCheck.Of(room, probe));
            checks.Add(SyncFileCheck.Of(probe));
        }

        checks.AddRange(DrmChecks.Of(room));
        checks.AddRange(VideoChecks.Of(room));
        checks.AddRange(VfioChecks.Of(room));
        checks.AddRange(VisibilityChecks.Of(room));
        checks.AddRange(LimitChecks.Of(room));
        return new(room.KernelRelease, room.Configuration.Source, checks);
    }
}
