namespace DmaBuf.Machine.Tests;

/// <summary>A dynamic importer that only notes what it is told, and lets go when the test says so; or hands it to whoever the test names.</summary>
internal sealed class LateImporter() : DynamicImporter("late")
{
    internal List<InvalidateReason> Told { get; } = [];

    /// <summary>Runs in the callback, with the reservation lock held.</summary>
    internal Action? Hears { get; set; }

    protected override void OnInvalidate(Attachment attachment, InvalidateReason reason, in ReservationLock held)
    {
        Told.Add(reason);
        Hears?.Invoke();
    }
}
