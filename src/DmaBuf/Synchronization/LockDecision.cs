namespace DmaBuf;

/// <summary>What becomes of one who asks for a reservation.</summary>
internal enum LockDecision
{
    /// <summary>It is free: take it.</summary>
    Take,

    /// <summary>Wait in the queue.</summary>
    Wait,

    /// <summary>Wound the holder, then wait in the queue.</summary>
    WoundHolderAndWait,

    /// <summary>The asking party is wounded and holds something: it has to let go of everything (EDEADLK).</summary>
    BackOff,
}
