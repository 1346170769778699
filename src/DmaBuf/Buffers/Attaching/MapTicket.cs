namespace DmaBuf;

/// <summary>
/// The permission to make one <see cref="Mapping"/>: handed out by the attachment's base after the lock, the revoked check and the pin, so that a
/// mapping that is not behind the gate cannot exist.
/// </summary>
/// <remarks>Stays on the stack of one thread, for the call that it is lent to.</remarks>
public readonly ref struct MapTicket
{
    private readonly ref Mapping? _made;

    internal MapTicket(Attachment attachment, ref Mapping? made, in ReservationLock held)
    {
        Attachment = attachment;
        _made = ref made;
        Held = held;
    }

    /// <summary>The attachment that maps.</summary>
    public Attachment Attachment { get; }

    /// <summary>The proof that the buffer's reservation lock is held, for the exporter's operations.</summary>
    public ReservationLock Held { get; }

    internal void Made(Mapping mapping)
    {
        if (Attachment is null)
        {
            throw new InvalidOperationException("A mapping is made only inside Map, from the ticket that the core hands out.");
        }

        if (_made is not null)
        {
            throw new InvalidOperationException($"One map of '{Attachment.Type}' made two mappings; it must make exactly one.");
        }

        _made = mapping;
    }
}
