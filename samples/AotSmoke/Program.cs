using DmaBuf;
using DmaBuf.Linux;

// Each check runs code of the published program and fails it by its exit code. One line per check, so that a log shows how far it came.
var failures = 0;

Check("this is a native program", !System.Runtime.CompilerServices.RuntimeFeature.IsDynamicCodeSupported);
Check("an errno keeps its identity through an exception", ErrnoOf(() => throw new DmaBufException(Errno.ENODEV, "Refused.")) == Errno.ENODEV);
Check("an errno knows its name", Errno.EOPNOTSUPP.ToString() == "EOPNOTSUPP");
Check("addresses compare and print", new DmaAddress(0x1000) < new DmaAddress(0x2000) && new PhysicalAddress(0x1000).ToString() == "0x1000");
Check("memory is attached, mapped, read and revoked", !OperatingSystem.IsLinux() || AttachMapReadRevoke());
Check("a refused attach explains itself", RefusedAttachExplainsItself());

Console.WriteLine(failures == 0 ? "AOT smoke: every check passed." : $"AOT smoke: {failures} checks failed.");
return failures == 0 ? 0 : 1;

void Check(string sentence, bool holds)
{
    Console.WriteLine($"{(holds ? "ok  " : "FAIL")} {sentence}");
    failures += holds ? 0 : 1;
}

static bool AttachMapReadRevoke()
{
    MemoryFile file = MemoryFile.Create("smoke", 4096);
    using (MemoryMapping fill = file.Map(MemoryProtection.ReadWrite))
    {
        fill.Window(0, 1)[0] = 42;
    }

    file.Seal(MemorySeals.ReadOnly);
    using DmaBuffer buffer = MemoryFileExporter.Export(file);
    using CpuAttachment attachment = buffer.Attach(new DmaBufferImporter("smoke"), CpuMappingType.Request());
    using CpuMapping mapping = attachment.MapCpu();
    using (CpuReadLease lease = mapping.Read())
    {
        if (lease.Span[0] != 42)
        {
            return false;
        }
    }

    RevokeReport report = buffer.RevokeAsync(TimeSpan.Zero).AsTask().GetAwaiter().GetResult();
    return report.Outcome == RevokeOutcome.Forced && ErrnoOf(() => mapping.Read().Dispose()) == Errno.ENODEV;
}

static bool RefusedAttachExplainsItself()
{
    using DmaBuffer buffer = DmaBuffer.Export(new RefusingExporter(), 4096);
    return !buffer.TryAttach(new DmaBufferImporter("smoke"), CpuMappingType.Request(), out _, out Negotiation? failure)
        && failure.Errno == Errno.EOPNOTSUPP
        && failure.ToString().Contains("refusing", StringComparison.Ordinal);
}

static Errno ErrnoOf(Action action)
{
    try
    {
        action();
        return Errno.None;
    }
    catch (DmaBufException exception)
    {
        return exception.Errno;
    }
}

/// <summary>An exporter that lets nobody attach.</summary>
internal sealed class RefusingExporter() : DmaBufferExporter("refusing")
{
    protected override OfferSource Offers { get; } = OfferSource.Computed(static _ => OfferAnswer.Refuse(Errno.EOPNOTSUPP, "nobody may attach"));

    protected override void OnRelease(DmaBuffer buffer)
    {
    }
}
