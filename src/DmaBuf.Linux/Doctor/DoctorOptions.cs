namespace DmaBuf.Linux;

/// <summary>Where the machine is looked at. The initial values suit the running one.</summary>
/// <remarks>Immutable, safe for all threads.</remarks>
public sealed record DoctorOptions
{
    /// <summary>Where the device nodes are.</summary>
    public string DeviceRoot { get; init; } = "/dev";

    /// <summary>Where the processes are.</summary>
    public string ProcessRoot { get; init; } = "/proc";

    /// <summary>Where sysfs is, with debugfs in <c>kernel/debug</c>.</summary>
    public string SystemRoot { get; init; } = "/sys";

    /// <summary>Below which <c>boot</c>, <c>usr/lib/modules</c> and <c>etc</c> are.</summary>
    public string FileRoot { get; init; } = "/";
}
