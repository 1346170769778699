using System.Diagnostics.CodeAnalysis;
using System.Runtime.CompilerServices;

namespace DmaBuf;

/// <summary>
/// Makes the verdict on one pair. Borrowed for the call of <c>Match</c>; it shows unchanging facts of the buffer and the importer, and nothing of the
/// attachment, which does not exist yet.
/// </summary>
/// <remarks>Stays on the stack of one thread, for the call that it is lent to.</remarks>
[SuppressMessage("Performance", "CA1822", Justification = "A verdict can only be made where the core lent a context.")]
public readonly ref struct MatchContext
{
    private readonly ref VerdictLog _log;

    internal MatchContext(ulong bufferSize, bool importerIsDynamic, ref VerdictLog log)
    {
        BufferSize = bufferSize;
        ImporterIsDynamic = importerIsDynamic;
        _log = ref log;
    }

    /// <summary>The size of the buffer in bytes.</summary>
    public ulong BufferSize { get; }

    /// <summary>
    /// True if the importer is a <see cref="DynamicImporter"/>, which can be told to let go. What only such an importer may be given is declined for another one,
    /// whatever its request says.
    /// </summary>
    public bool ImporterIsDynamic { get; }

    /// <summary>The pair matches.</summary>
    /// <param name="cost">An upper bound of what mapping will cost.</param>
    /// <exception cref="DmaBufException">EINVAL: the cost has a flag without a name.</exception>
    public MatchVerdict Accept(MappingCost cost)
    {
        MappingCostRule.Require(cost, "Accepting a pair");
        return MatchVerdict.Accept(cost);
    }

    /// <summary>The pair does not match, the next one is tried (the kernel's <c>-EOPNOTSUPP</c>). Values of at most 8 bytes allocate nothing.</summary>
    /// <param name="property">The property that failed; a constant.</param>
    /// <param name="offered">What the exporter offered.</param>
    /// <param name="wanted">What the importer wanted.</param>
    /// <typeparam name="T">An enumeration, a number, a truth value, an address…</typeparam>
    public MatchVerdict Decline<T>(string property, T offered, T wanted)
        where T : struct
    {
        ArgumentNullException.ThrowIfNull(property);
        if (RuntimeHelpers.IsReferenceOrContainsReferences<T>() || Unsafe.SizeOf<T>() > sizeof(long))
        {
            return Decline(property, offered.ToString(), wanted.ToString());
        }

        if (!HasRoom)
        {
            return DeclineWithRoom(property, offered, wanted);
        }

        ref PairRecord record = ref _log.Next;
        record.Kind = MatchVerdictKind.Declined;
        record.Evidence = property;
        record.Slot = VerdictValue<T>.Slot;
        record.Offered = VerdictValue.ToBits(offered);
        record.Wanted = VerdictValue.ToBits(wanted);
        return MatchVerdict.Recorded(MatchVerdictKind.Declined, _log.Ticket);
    }

    /// <summary>The pair does not match, the next one is tried. Text allocates one small object; use an enumeration where declines are frequent.</summary>
    /// <param name="property">The property that failed; a constant.</param>
    /// <param name="offered">What the exporter offered.</param>
    /// <param name="wanted">What the importer wanted.</param>
    public MatchVerdict Decline(string property, string? offered, string? wanted)
    {
        ArgumentNullException.ThrowIfNull(property);
        return Write(MatchVerdictKind.Declined, new MatchDecline(property, offered ?? string.Empty, wanted ?? string.Empty), 0);
    }

    /// <summary>Stops the whole negotiation: later pairs are not tried, and attach fails with this errno.</summary>
    /// <param name="errno">The error; not <see cref="Errno.None"/>, and not EOPNOTSUPP, which is what <c>Decline</c> means.</param>
    /// <param name="reason">A clause for people.</param>
    /// <exception cref="ArgumentException">The errno does not stop a negotiation.</exception>
    public MatchVerdict Abort(Errno errno, string reason)
    {
        ArgumentNullException.ThrowIfNull(reason);
        if (errno is Errno.None or Errno.EOPNOTSUPP || (int)errno < 0)
        {
            throw new ArgumentException($"'{errno}' does not stop a negotiation: accept, decline, or abort with another errno.", nameof(errno));
        }

        return Write(MatchVerdictKind.Aborted, reason, (long)errno);
    }

    private bool HasRoom => !Unsafe.IsNullRef(in _log) && _log.HasRoom;

    /// <summary>Behind a call of its own and the last thing there, so that the common decline has nothing to keep over a call.</summary>
    [MethodImpl(MethodImplOptions.NoInlining)]
    private MatchVerdict DeclineWithRoom<T>(string property, T offered, T wanted)
        where T : struct
    {
        MakeRoom();
        return Decline(property, offered, wanted);
    }

    private MatchVerdict Write(MatchVerdictKind kind, object evidence, long offered)
    {
        if (!HasRoom)
        {
            MakeRoom();
        }

        ref PairRecord record = ref _log.Next;
        record.Kind = kind;
        record.Evidence = evidence;
        record.Offered = offered;
        return MatchVerdict.Recorded(kind, _log.Ticket);
    }

    private void MakeRoom()
    {
        if (Unsafe.IsNullRef(in _log))
        {
            throw new InvalidOperationException("A verdict is made only in Match, from the context that the core hands to it.");
        }

        _log.MakeRoom();
    }
}
