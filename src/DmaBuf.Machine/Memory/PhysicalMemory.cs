using System.Buffers;

namespace DmaBuf.Machine;

/// <summary>
/// The machine's physical address space as its CPU sees it: RAM and BARs that hold bytes, and holes that fault. Nothing answers at address
/// zero, at an IOVA or at a PCI bus address, so an address of the wrong kind is an error and not somebody else's memory.
/// </summary>
/// <remarks>
/// Safe for calls from several threads; accesses to the same bytes race as on real memory. The set of regions never changes after the
/// machine was built.
/// </remarks>
public sealed class PhysicalMemory
{
    private readonly PhysicalRegion[] _regions;

    internal PhysicalMemory(IEnumerable<PhysicalRegion> regions)
    {
        _regions = [.. regions.OrderBy(region => region.Start)];
        FirstRam = new PhysicalAddress(_regions.First(region => region.Kind == PhysicalMemoryKind.Ram).Start);
        LastRam = new PhysicalAddress(_regions.Last(region => region.Kind == PhysicalMemoryKind.Ram).End - 1);
    }

    /// <summary>Bytes of the host's memory that hold this machine's contents: the touched pages.</summary>
    public ulong CommittedBytes => _regions.Aggregate(0UL, (sum, region) => sum + region.Bytes.CommittedBytes);

    /// <summary>All ranges of a kind, in the order of their addresses.</summary>
    /// <param name="kind">RAM or BARs.</param>
    public IReadOnlyList<PhysicalRange> RangesOf(PhysicalMemoryKind kind) => [.. _regions.Where(region => region.Kind == kind).Select(static region => region.Range)];

    /// <summary>Copies bytes out of physical memory, as CPU loads do.</summary>
    /// <param name="address">The first byte; any alignment.</param>
    /// <param name="destination">Receives the bytes; untouched memory reads as zero.</param>
    /// <exception cref="DmaBufException">EFAULT: nothing answers at one of the addresses, nothing was read; or the BAR there is of a
    /// function that was removed.</exception>
    public void Read(PhysicalAddress address, Span<byte> destination)
    {
        Require(address, destination.Length, "read");
        ulong at = address.Value;
        while (!destination.IsEmpty)
        {
            PhysicalRegion region = Find(at)!;
            int count = Piece(region, at, destination.Length);
            region.Read(at, destination[..count]);
            destination = destination[count..];
            at += (ulong)count;
        }
    }

    /// <summary>Copies bytes into physical memory, as CPU stores do.</summary>
    /// <param name="address">The first byte; any alignment.</param>
    /// <param name="source">The bytes to store.</param>
    /// <exception cref="DmaBufException">EFAULT: nothing answers at one of the addresses, nothing was written; or the BAR there is
    /// of a function that was removed.</exception>
    public void Write(PhysicalAddress address, ReadOnlySpan<byte> source)
    {
        Require(address, source.Length, "write");
        ulong at = address.Value;
        while (!source.IsEmpty)
        {
            PhysicalRegion region = Find(at)!;
            int count = Piece(region, at, source.Length);
            region.Write(at, source[..count]);
            source = source[count..];
            at += (ulong)count;
        }
    }

    /// <summary>What answers in a range, or null if a part of it is a hole or it mixes kinds or is empty or wraps.</summary>
    /// <param name="range">The range asked about; any alignment.</param>
    public PhysicalMemoryKind? KindOf(PhysicalRange range)
    {
        if (range.Length == 0 || range.Length > ulong.MaxValue - range.Start.Value)
        {
            return null;
        }

        ulong at = range.Start.Value;
        ulong end = at + range.Length;
        PhysicalMemoryKind? kind = null;
        while (at < end)
        {
            PhysicalRegion? region = Find(at);
            if (region is null || (kind is not null && region.Kind != kind))
            {
                return null;
            }

            kind = region.Kind;
            at = region.End;
        }

        return kind;
    }

    /// <summary>The NUMA node of what answers at an address (<c>phys_to_target_node</c>).</summary>
    /// <param name="address">Any alignment.</param>
    /// <returns>Null: nothing answers there, or a BAR of a function that belongs to no node.</returns>
    public int? NumaNodeOf(PhysicalAddress address) => Find(address.Value)?.NumaNode;

    /// <summary>The last byte of RAM.</summary>
    internal PhysicalAddress LastRam { get; }

    /// <summary>The first byte of RAM.</summary>
    internal PhysicalAddress FirstRam { get; }

    /// <summary>Copies RAM; the runs do not overlap.</summary>
    internal void Copy(PhysicalAddress source, PhysicalAddress destination, ulong length)
    {
        byte[] piece = ArrayPool<byte>.Shared.Rent((int)Math.Min(length, 1 << 16));
        try
        {
            for (ulong done = 0; done < length;)
            {
                Span<byte> bytes = piece.AsSpan(0, (int)Math.Min(length - done, (ulong)piece.Length));
                Read(new PhysicalAddress(source.Value + done), bytes);
                Write(new PhysicalAddress(destination.Value + done), bytes);
                done += (ulong)bytes.Length;
            }
        }
        finally
        {
            ArrayPool<byte>.Shared.Return(piece);
        }
    }

    internal void Discard(PhysicalRange range)
    {
        PhysicalRegion region = Find(range.Start.Value)!;
        region.Bytes.Discard(range.Start.Value - region.Start, range.Length);
    }

    private static int Piece(PhysicalRegion region, ulong at, int wanted) => (int)Math.Min((ulong)wanted, region.End - at);

    private void Require(PhysicalAddress address, int length, string verb)
    {
        ulong at = address.Value;
        ulong left = (ulong)length;
        while (left != 0)
        {
            PhysicalRegion? region = Find(at);
            if (region is null)
            {
                throw new DmaBufException(
                    Errno.EFAULT,
                    $"The CPU could not {verb} {length} bytes at physical address {address}: nothing answers at 0x{at:x}. Use the " +
                    "physical address of RAM or of a BAR, not an IOVA or a bus address.");
            }

            ulong there = Math.Min(left, region.End - at);
            left -= there;
            at += there;
        }
    }

    private PhysicalRegion? Find(ulong address)
    {
        int low = 0;
        int high = _regions.Length - 1;
        while (low <= high)
        {
            int middle = (low + high) >>> 1;
            PhysicalRegion region = _regions[middle];
            if (region.Contains(address))
            {
                return region;
            }

            if (address < region.Start)
            {
                high = middle - 1;
            }
            else
            {
                low = middle + 1;
            }
        }

        return null;
    }
}
