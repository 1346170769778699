namespace DmaBuf.Bench;

/// <summary>The smallest typed attachment: what the framework itself needs, and a way to map.</summary>
internal sealed class BenchAttachment(in FinishContext context) : Attachment(in context)
{
    public override Revocability Revocability => Revocability.Enforced;

    /// <summary>Maps; the mapping reaches no memory, only the gate before it.</summary>
    public BenchMapping Map() => Map(this, static (in MapTicket ticket, BenchAttachment _) => new BenchMapping(in ticket));
}
