using Microsoft.Win32.SafeHandles;

namespace DmaBuf.Linux;

/// <summary>What a receiver checks of a peer's memory before it maps it; the reasons stand at <see cref="MemoryFile"/>.</summary>
internal static class MemoryFileInspection
{
    private const string LinkPrefix = "/memfd:";
    private const string LinkSuffix = " (deleted)";

    private const MemorySeals AnyWriteSeal = MemorySeals.Write | MemorySeals.FutureWrite;

    internal static OpenFileFacts Inspect(SafeFileHandle descriptor, MemoryFileRequirements requirements)
    {
        OpenFileFacts before = OpenFileFacts.Of(descriptor);
        CheckKind(before);
        // Seals first, then the sizes: a length that was read before the seal was seen may have become less since.
        MemorySeals seals = ReadSeals(descriptor, before);
        OpenFileFacts facts = OpenFileFacts.Of(descriptor);
        CheckLength(facts, requirements);
        CheckSize(facts, seals, requirements);
        CheckWriting(facts, seals, requirements);
        CheckBlocks(facts, seals, requirements);
        if (!requirements.AllowHoles)
        {
            MemoryFileBlocks.Ensure(descriptor, facts);
        }

        return facts;
    }

    internal static MemorySeals ReadSeals(SafeFileHandle descriptor, OpenFileFacts facts)
    {
        int seals = Libc.fcntl(descriptor, Libc.F_GET_SEALS, 0);
        if (seals >= 0)
        {
            return (MemorySeals)seals;
        }

        Errno errno = NativeError.Last;
        throw NativeError.Failure(errno, $"Reading the seals of {facts.Kind} \"{facts.Link}\"",
            errno == Errno.EINVAL ? "This kind of file cannot be sealed: ask the sender for memory of memfd_create." : NativeError.CommonRemedy(errno));
    }

    internal static string NameOf(OpenFileFacts facts)
    {
        string name = facts.Link;
        if (name.StartsWith(LinkPrefix, StringComparison.Ordinal))
        {
            name = name[LinkPrefix.Length..];
        }

        return name.EndsWith(LinkSuffix, StringComparison.Ordinal) ? name[..^LinkSuffix.Length] : name;
    }

    private static void CheckKind(OpenFileFacts facts)
    {
        if (facts.Kind is not (OpenFileKind.MemoryFile or OpenFileKind.HugePageMemoryFile or OpenFileKind.SharedMemoryFile))
        {
            throw Refusal(Errno.EINVAL, facts, "is no memory file", "Ask the sender for a descriptor of memfd_create.");
        }
    }

    private static void CheckLength(OpenFileFacts facts, MemoryFileRequirements requirements)
    {
        if (facts.Length < requirements.MinimumLength || facts.Length == 0)
        {
            throw Refusal(Errno.EINVAL, facts, $"has {facts.Length} bytes, and {Math.Max(requirements.MinimumLength, 1)} are needed", "Sender and receiver must agree on the length.");
        }
    }

    private static void CheckSize(OpenFileFacts facts, MemorySeals seals, MemoryFileRequirements requirements)
    {
        if (!seals.HasFlag(MemorySeals.Shrink) && !requirements.AllowTruncatable)
        {
            throw Refusal(Errno.EPERM, facts, $"has the seals {seals}: without Shrink a peer could truncate it and end this process with SIGBUS",
                "The sender must seal it (MemorySeals.FixedSize) before sending; for a fully trusted sender set AllowTruncatable.");
        }
    }

    private static void CheckWriting(OpenFileFacts facts, MemorySeals seals, MemoryFileRequirements requirements)
    {
        if (requirements.ReadOnly && ((seals & AnyWriteSeal) == 0 || !seals.HasFlag(MemorySeals.Seal)))
        {
            throw Refusal(Errno.EPERM, facts, $"was promised read-only and has the seals {seals}: a receiver could open it for writing",
                "The sender must seal it with MemorySeals.ReadOnly or MemorySeals.Frozen, or not promise.");
        }
    }

    private static void CheckBlocks(OpenFileFacts facts, MemorySeals seals, MemoryFileRequirements requirements)
    {
        if (requirements.AllowHoles)
        {
            return;
        }

        if (!facts.BlocksExist)
        {
            throw Refusal(Errno.EINVAL, facts, $"has blocks for {facts.AllocatedBytes} of its {facts.Length} bytes",
                "The sender must reserve them (fallocate) before sending; to accept memory that is allocated on access set AllowHoles.");
        }

        if (facts.Kind == OpenFileKind.HugePageMemoryFile && (seals & AnyWriteSeal) == 0)
        {
            throw Refusal(Errno.EPERM, facts, $"is made of huge pages and has the seals {seals}: a peer could give pages back, and an access could then be SIGBUS",
                "The sender must add a write seal (MemorySeals.ReadOnly); to accept the risk set AllowHoles.");
        }
    }

    private static DmaBufException Refusal(Errno errno, OpenFileFacts facts, string property, string remedy) =>
        new(errno, $"The received descriptor ({facts.Kind} \"{facts.Link}\", {facts.Identity}) was refused: it {property}. {remedy}");
}
