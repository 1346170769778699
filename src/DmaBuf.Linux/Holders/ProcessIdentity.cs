namespace DmaBuf.Linux;

/// <summary>One process for good: numbers are used again, a number with its start time is not.</summary>
/// <param name="ProcessId">Its number, as this process sees it (PID namespaces).</param>
/// <param name="StartTime">When it started, in clock ticks since the machine did (field 22 of <c>/proc/PID/stat</c>); 0: not known.</param>
/// <remarks>An immutable value, safe for all threads.</remarks>
public readonly record struct ProcessIdentity(int ProcessId, ulong StartTime)
{
    /// <summary>Whether both may be one process: the same number, and no start times that say otherwise.</summary>
    public bool MayBe(ProcessIdentity other) => ProcessId == other.ProcessId && (StartTime == other.StartTime || StartTime == 0 || other.StartTime == 0);
}
