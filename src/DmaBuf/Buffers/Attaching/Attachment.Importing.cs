namespace DmaBuf;

/// <content>
/// Importers that take the buffer in inside attach, as kernel interfaces do: the import is the attachment's first mapping, made before the attachment is listed and undone by detach.
/// </content>
public abstract partial class Attachment
{
    /// <summary>Set by the constructor of a type whose request says so; the members below are called only then.</summary>
    internal bool ImportsInsideAttach
    {
        get => (_flags & AttachmentFlags.ImportsInsideAttach) != 0;
        private protected init => _flags |= value ? AttachmentFlags.ImportsInsideAttach : AttachmentFlags.None;
    }

    /// <summary>The mapping that <see cref="KeepImportLocked"/> made.</summary>
    private protected virtual Mapping? ImportMapping => null;

    /// <summary>Takes the buffer in. No lock is held, the attachment is not listed yet; what it throws fails the attach.</summary>
    internal virtual void ImportUnlocked()
    {
    }

    /// <summary>Makes the import a mapping (event <see cref="AttachmentEvent.Import"/>). The lock is held; what it throws fails the attach.</summary>
    internal virtual void KeepImportLocked(in ReservationLock held)
    {
    }

    /// <summary>The attach failed: undoes the import if no mapping owns it. No lock is held.</summary>
    internal virtual void DropImport()
    {
    }

    /// <summary>Lets the importer go if nothing but its import is left, so that a detach needs no unmap before it. With somebody inside, detach finds it alive and refuses.</summary>
    private void EndImportLocked(ReservationLock held)
    {
        if (ImportMapping is { } import && (import.Flags & MappingFlags.Linked) != 0
            && _status.LiveMappings == 1 && _status.Pins == 0 && import.Gate.Inside == 0
            && import.CloseForUnmap() == GateEffect.TearDown)
        {
            TearDownLocked(import, in held);
        }
    }
}
