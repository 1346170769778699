namespace DmaBuf.Linux;

/// <summary>What was found out about one interface. A value.</summary>
/// <param name="Area">Which kind of interface, for example <c>heap</c>; several checks may share one.</param>
/// <param name="Name">Which one: the area alone, or with what tells it from others, for example <c>heap:system</c>. Unique in a report.</param>
/// <param name="State">How it is.</param>
/// <param name="Detail">What was seen: one line for people.</param>
/// <param name="Remedy">The one command or setting that would change it; null where it works.</param>
/// <remarks>Immutable, safe for all threads.</remarks>
public sealed record DoctorCheck(string Area, string Name, DoctorState State, string Detail, string? Remedy)
{
    /// <summary>Whether a program can use it.</summary>
    public bool IsUsable => State is DoctorState.Works or DoctorState.Limited;

    internal static DoctorCheck Works(string area, string name, string detail) => new(area, name, DoctorState.Works, detail, null);
}
