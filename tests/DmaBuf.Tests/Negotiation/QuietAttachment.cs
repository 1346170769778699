namespace DmaBuf.Tests.Negotiation;

/// <summary>An attachment without anything of its own.</summary>
internal sealed class QuietAttachment : Attachment
{
    internal QuietAttachment(in FinishContext context)
        : base(in context)
    {
    }

    public override Revocability Revocability => Revocability.Enforced;
}
