namespace DmaBuf.Linux;

/// <summary>How one of the machine's interfaces is doing for this user.</summary>
public enum DoctorState
{
    /// <summary>It could not be tried, because something that it needs does not work; the detail names it.</summary>
    Untested = 0,

    /// <summary>It was used, or opened where using it would change something, and it answered.</summary>
    Works,

    /// <summary>It works, and something makes less of it than there could be.</summary>
    Limited,

    /// <summary>The kernel, a module or a device is not there.</summary>
    Missing,

    /// <summary>It is there, and this user may not use it.</summary>
    Forbidden,

    /// <summary>It is there and permitted, and does not do what it should.</summary>
    Failing,
}
