using DmaBuf.Tests.Fakes;

namespace DmaBuf.Tests.Defects.Mutants;

/// <summary>An importer that works on the attachment which it stored after Attach had returned, not on the one that the callback carries (D-4).</summary>
internal sealed class ForgetfulImporter(string name = "forgetful") : DynamicImporter(name)
{
    internal FakeAttachment? Stored { get; set; }

    protected internal override void OnInvalidate(Attachment attachment, InvalidateReason reason, in ReservationLock held)
        => Stored!.MapFakeLocked(in held).Dispose();
}
