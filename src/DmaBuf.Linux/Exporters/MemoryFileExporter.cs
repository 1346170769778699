using System.Runtime.InteropServices;

namespace DmaBuf.Linux;

/// <summary>
/// Exports a sealed memory file as a buffer: real memory that the CPU maps and whose descriptor can be passed on. Offers, in order: <b>Cpu</b>, <b>Descriptor</b>.
/// </summary>
/// <remarks>
/// Theory: the file was reserved, filled and sealed before it is exported, so every mapping of it is safe from truncation (see <see cref="MemoryFile"/>). Read-only means write
/// seals, not politeness: with <see cref="MemorySeals.Write"/> nobody can write, with <see cref="MemorySeals.FutureWrite"/> nobody but those who had a writable mapping before.
/// Owns the file from <see cref="Export"/> until the buffer is released. Safe for all threads.
/// </remarks>
public sealed class MemoryFileExporter : DmaBufferExporter, ICpuOperations, IDescriptorOperations
{
    private readonly MemoryFile _file;

    private MemoryFileExporter(MemoryFile file, OpenFileFacts facts, CpuAccess access)
        : base("memfd")
    {
        _file = file;
        MappingOfferList offers =
        [
            CpuMappingType.Offer(this, access),
            DescriptorMappingType.Offer(this, FactsOf(file, facts, access)),
        ];
        Offers = OfferSource.Computed(_ => offers);
    }

    /// <inheritdoc/>
    protected override OfferSource Offers { get; }

    /// <summary>Exports a memory file and takes it over; on failure the file stays the caller's.</summary>
    /// <param name="file">Sealed against shrinking.</param>
    /// <param name="options">Name, reservation, registry; null for the defaults.</param>
    /// <returns>A buffer of the file's length; the last reference to go disposes the file.</returns>
    /// <exception cref="DmaBufException">EPERM: the file can still be truncated; seal it. EINVAL: it is empty, or has blocks that do not exist yet; ENOSPC: some were missing and could not be reserved. Else as <see cref="DmaBuffer.Export"/>.</exception>
    /// <exception cref="PlatformNotSupportedException">This is not Linux.</exception>
    public static DmaBuffer Export(MemoryFile file, DmaBufferExportOptions? options = null)
    {
        LinuxOnly.Ensure();
        ArgumentNullException.ThrowIfNull(file);
        MemorySeals seals = file.Seals;
        if (!seals.HasFlag(MemorySeals.Shrink))
        {
            throw new DmaBufException(
                Errno.EPERM, $"Exporting memory file \"{file.Name}\" was refused: it has the seals {seals}, so a peer could truncate it under its users. Seal it with FixedSize first.");
        }

        OpenFileFacts facts = file.PresentFacts();
        if (!facts.BlocksExist)
        {
            throw new DmaBufException(
                Errno.EINVAL,
                $"Exporting memory file \"{file.Name}\" was refused: it has blocks for {facts.AllocatedBytes} of its {facts.Length} bytes, so an access could find no memory left. Reserve or "
                    + "fill it first.");
        }

        MemoryFileBlocks.Ensure(file.Descriptor, facts);
        bool readOnly = (seals & (MemorySeals.Write | MemorySeals.FutureWrite)) != 0;
        return DmaBuffer.Export(new MemoryFileExporter(file, facts, readOnly ? CpuAccess.Read : CpuAccess.ReadWrite), facts.Length, options);
    }

    /// <summary>True: the pages of a mapping are replaced in place.</summary>
    public bool CanOverlay => true;

    /// <inheritdoc/>
    public CpuMemory MapCpu(CpuAttachment attachment, CpuAccess access, in ReservationLock held)
        => new MappedCpuMemory(_file.Map(access == CpuAccess.ReadWrite ? MemoryProtection.ReadWrite : MemoryProtection.Read));

    /// <inheritdoc/>
    public SafeHandle OpenDescriptor(DescriptorAttachment attachment, in ReservationLock held)
    {
        SafeHandle copy = Libc.fcntl_duplicate(_file.Descriptor, Libc.F_DUPFD_CLOEXEC, 0);
        if (copy.IsInvalid)
        {
            Errno errno = NativeError.Last;
            copy.Dispose();
            throw NativeError.Failure(errno, $"Duplicating the descriptor of memory file \"{_file.Name}\"", NativeError.CommonRemedy(errno));
        }

        return copy;
    }

    /// <inheritdoc/>
    protected override void OnRelease(DmaBuffer buffer) => _file.Dispose();

    private static DescriptorFacts FactsOf(MemoryFile file, OpenFileFacts facts, CpuAccess access) => new()
    {
        Kind = facts.Kind == OpenFileKind.HugePageMemoryFile ? DescriptorKind.HugeMemoryFile : DescriptorKind.MemoryFile,
        Memory = DescriptorMemory.Ram,
        ExporterName = "memfd",
        PinnableByAddress = true,
        SizeGranularity = LargestPowerOfTwoIn(facts.Length),
        Access = access,
        Seals = (DescriptorSeals)(int)file.Seals,
    };

    private static ulong LargestPowerOfTwoIn(ulong length) => length & (~length + 1);
}
