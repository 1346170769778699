using System.Buffers;
using System.Security.Cryptography;

namespace DmaBuf.Machine;

/// <summary>
/// A device that moves bytes between addresses, and does so only through what was mapped for it. Behind an IOMMU every access is
/// translated; without one it is compared with the live mappings; a bus address of a peer that the PCI switch routes to goes to that
/// peer's BAR, past any IOMMU.
/// </summary>
/// <remarks>
/// Safe for calls from several threads. Transfers of this class are made by the calling thread and are over when the call returns; those
/// of a <see cref="DmaChannel"/> are made by the device itself, behind a fence. A transfer that
/// faults part of the way has moved the bytes before the fault, as on hardware; each fault is thrown as EFAULT and recorded in
/// <see cref="SoftwareMachine.Faults"/>. Hardware cannot stop an access to a peer's bus address after an unmap, because such addresses are not mapped at all; this device can: it counts
/// who granted them to it, and a driver's mistake faults here instead of going unseen. Its own function's BARs it reaches without a grant.
/// </remarks>
public sealed partial class DmaEngineDevice : IDmaDevice
{
    private const int PieceLength = SoftwareIommuDomain.LargestPiece;

    private readonly DeviceAddressing _addressing;
    private readonly PciBar[] _peers;
    private readonly PeerGrants _grants = new();
    private readonly DeviceIdentity _identity;

    internal DmaEngineDevice(DeviceIdentity identity, PciFunction? function, DeviceAddressing addressing, PciBar[] peers)
    {
        _identity = identity;
        Function = function;
        _addressing = addressing;
        _peers = peers;
    }

    /// <inheritdoc/>
    public string Name => _identity.Name;

    /// <inheritdoc/>
    public IPciDevice? PciDevice => Function;

    /// <summary>The PCI function that the engine is part of; null for a platform device.</summary>
    public PciFunction? Function { get; }

    /// <summary>The NUMA node that it is near to (<c>dev_to_node</c>); null: none was said.</summary>
    public int? NumaNode => _identity.NumaNode;

    /// <inheritdoc/>
    public DmaSegmentLimits SegmentLimits => _identity.SegmentLimits;

    /// <summary>The IOMMU that it is behind; null: none.</summary>
    public SoftwareIommu? Iommu => _addressing.Iommu;

    /// <summary>DMA address minus physical address, modulo 2^64, if it is behind no IOMMU; else null.</summary>
    public ulong? DirectDmaOffset => _addressing.DirectOffset;

    /// <inheritdoc/>
    public MappingCost RangeMappingCost => _addressing.RangeMappingCost;

    /// <summary>Mappings and reservations of this device that have not been given back.</summary>
    public int LiveMappingCount => _addressing.LiveMappingCount;

    /// <summary>
    /// The highest DMA address that it is given: what device and bus can form (<see cref="DmaEngineOptions.LastAddress"/>, the kernel's <c>bus_dma_limit</c>), or
    /// <see cref="DmaMask"/> if that is lower.
    /// </summary>
    public DmaAddress LastAddress => _identity.LastAddress;

    /// <summary>
    /// What its driver says that it can form (<c>dma_mask</c>): a power of two less one. At first the lowest that covers
    /// <see cref="DmaEngineOptions.LastAddress"/>.
    /// </summary>
    public ulong DmaMask => _identity.Mask;

    /// <summary>
    /// Says what the device can form, as a driver does when it probes (<c>dma_set_mask</c>). Changes what later mappings get, and with it
    /// <see cref="RangeMappingCost"/>; those that live stay as they are.
    /// </summary>
    /// <param name="mask">A power of two less one. More than the hardware can form changes nothing.</param>
    /// <exception cref="DmaBufException">
    /// EINVAL: no such number; EIO: nothing could be mapped, because RAM and bounce pool, or the IOMMU's addresses, lie beyond it. The mask stays as it was.
    /// </exception>
    public void SetDmaMask(ulong mask)
    {
        if (mask == 0 || (mask & (mask + 1)) != 0)
        {
            throw new DmaBufException(Errno.EINVAL, $"{Name} cannot have the DMA mask 0x{mask:x}: a mask is a power of two less one, for example 0xffffffff for 32 bits.");
        }

        if (!_addressing.IsUsableUpTo(_identity.LastAddressUnder(mask)))
        {
            throw new DmaBufException(
                Errno.EIO,
                $"{Name} cannot have the DMA mask 0x{mask:x}: with it nothing could be mapped, because RAM and bounce pool, or its IOMMU's addresses, lie beyond. " +
                "Try a wider mask, or put memory where the device reaches it.");
        }

        _identity.Mask = mask;
    }

    /// <summary>Maps one physical range for this device (<c>dma_map_phys</c>).</summary>
    /// <param name="range">RAM or a part of one BAR; whole pages.</param>
    /// <param name="direction">Which accesses the device may make.</param>
    /// <param name="attributes">MMIO for a BAR, none for RAM.</param>
    /// <returns>The address of the range's first byte as the device sees it.</returns>
    /// <exception cref="DmaBufException">
    /// EINVAL: not whole pages, no such direction or attribute, or the attribute contradicts the memory; ENOMEM: no address space, or no free
    /// run in the bounce pool; EFAULT: the device cannot reach the range and it cannot be bounced, or nothing is there; EBUSY: the device is in a domain that somebody else fills.
    /// </exception>
    public DmaAddress MapRange(PhysicalRange range, DmaDirection direction, DmaAttributes attributes) =>
        _addressing.Map(range, direction, attributes);

    /// <summary>
    /// Takes back what <see cref="MapRange"/> gave. Never throws: what no live mapping matches is recorded as
    /// <see cref="DmaFaultReason.UnmapMismatch"/>, and nothing changes. When it returns, no access through the mapping is under way.
    /// </summary>
    /// <param name="range">The address that was given and the length that was mapped.</param>
    /// <param name="direction">As mapped.</param>
    /// <param name="attributes">As mapped.</param>
    public void UnmapRange(DmaRange range, DmaDirection direction, DmaAttributes attributes) => _addressing.Unmap(range, direction, attributes);

    /// <inheritdoc/>
    public MappingCost CostOfMapping(DmaRange mapped) => _addressing.CostOf(mapped);

    /// <inheritdoc/>
    /// <remarks>What is not mapped is recorded as <see cref="DmaFaultReason.SynchronizeMismatch"/>, and nothing is moved.</remarks>
    public void SynchronizeForCpu(DmaRange range, DmaDirection direction) => _addressing.SynchronizeForCpu(range, direction);

    /// <inheritdoc/>
    /// <remarks>What is not mapped is recorded as <see cref="DmaFaultReason.SynchronizeMismatch"/>, and nothing is moved.</remarks>
    public void SynchronizeForDevice(DmaRange range, DmaDirection direction) => _addressing.SynchronizeForDevice(range, direction);

    /// <inheritdoc/>
    public void GrantBusAddresses(ReadOnlySpan<ScatterGatherEntry> entries, DmaDirection direction) => _grants.Grant(entries, direction);

    /// <inheritdoc/>
    public void WithdrawBusAddresses(ReadOnlySpan<ScatterGatherEntry> entries, DmaDirection direction) => _grants.Withdraw(entries, direction);

    /// <inheritdoc/>
    public IIovaReservation? TryReserveIova(ulong length) => _addressing.TryReserve(length);

    /// <summary>
    /// Puts the device in a domain that the caller fills (<c>iommu_attach_device</c>). Its own mapping calls are refused with EBUSY
    /// meanwhile.
    /// </summary>
    /// <param name="domain">A domain of the IOMMU that the device is behind.</param>
    /// <exception cref="DmaBufException">
    /// EOPNOTSUPP: the device has no IOMMU; EINVAL: another IOMMU's domain; EBUSY: mappings of the device live, or it is in such a domain.
    /// </exception>
    public void AttachDomain(SoftwareIommuDomain domain)
    {
        ArgumentNullException.ThrowIfNull(domain);
        if (_addressing is not IommuAddressing translated)
        {
            throw new DmaBufException(Errno.EOPNOTSUPP, $"{Name} cannot enter domain {domain.Name}: it is behind no IOMMU.");
        }

        translated.Attach(domain);
    }

    /// <summary>Puts the device back in its own domain; without effect if it is there.</summary>
    public void DetachDomain() => (_addressing as IommuAddressing)?.Detach();

    /// <summary>The device reads memory.</summary>
    /// <param name="address">The first byte as the device addresses it; any alignment.</param>
    /// <param name="destination">Receives the bytes.</param>
    /// <exception cref="DmaBufException">EFAULT: the access is outside of what is mapped for reading.</exception>
    public void Read(DmaAddress address, Span<byte> destination) => Move(address, new DmaPayload(destination));

    /// <summary>The device writes memory.</summary>
    /// <param name="address">The first byte as the device addresses it; any alignment.</param>
    /// <param name="source">The bytes.</param>
    /// <exception cref="DmaBufException">EFAULT: the access is outside of what is mapped for writing.</exception>
    public void Write(DmaAddress address, ReadOnlySpan<byte> source) => Move(address, new DmaPayload(source));

    /// <summary>The device reads the ranges one after the other into the destination.</summary>
    /// <param name="ranges">The table's entries in buffer order.</param>
    /// <param name="destination">As long as the ranges together.</param>
    /// <exception cref="DmaBufException">EINVAL: the lengths differ, nothing was read; EFAULT: as for one range.</exception>
    public void Read(ReadOnlySpan<DmaRange> ranges, Span<byte> destination)
    {
        RequireSum(ranges, destination.Length);
        foreach (DmaRange range in ranges)
        {
            Read(range.Start, destination[..(int)range.Length]);
            destination = destination[(int)range.Length..];
        }
    }

    /// <summary>The device writes the source to the ranges one after the other.</summary>
    /// <param name="ranges">The table's entries in buffer order.</param>
    /// <param name="source">As long as the ranges together.</param>
    /// <exception cref="DmaBufException">EINVAL: the lengths differ, nothing was written; EFAULT: as for one range.</exception>
    public void Write(ReadOnlySpan<DmaRange> ranges, ReadOnlySpan<byte> source)
    {
        RequireSum(ranges, source.Length);
        foreach (DmaRange range in ranges)
        {
            Write(range.Start, source[..(int)range.Length]);
            source = source[(int)range.Length..];
        }
    }

    /// <summary>The device copies bytes from one address to another, in ascending order.</summary>
    /// <param name="source">The first byte to read.</param>
    /// <param name="destination">The first byte to write.</param>
    /// <param name="length">Bytes.</param>
    /// <exception cref="DmaBufException">EFAULT: an access is outside of what is mapped for it.</exception>
    public void Copy(DmaAddress source, DmaAddress destination, ulong length)
    {
        byte[] piece = ArrayPool<byte>.Shared.Rent(PieceLength);
        try
        {
            for (ulong done = 0; done < length;)
            {
                Span<byte> bytes = piece.AsSpan(0, (int)Math.Min(length - done, PieceLength));
                Read(new DmaAddress(source.Value + done), bytes);
                Write(new DmaAddress(destination.Value + done), bytes);
                done += (ulong)bytes.Length;
            }
        }
        finally
        {
            ArrayPool<byte>.Shared.Return(piece);
        }
    }

    /// <summary>The device reads all ranges in order and tells the SHA-256 of the bytes, however they are cut into ranges.</summary>
    /// <param name="ranges">The table's entries in buffer order.</param>
    /// <returns>32 bytes.</returns>
    /// <exception cref="DmaBufException">EFAULT: an access is outside of what is mapped for reading.</exception>
    public byte[] ChecksumOf(params ReadOnlySpan<DmaRange> ranges)
    {
        using IncrementalHash hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        byte[] piece = ArrayPool<byte>.Shared.Rent(PieceLength);
        try
        {
            foreach (DmaRange range in ranges)
            {
                for (ulong done = 0; done < range.Length;)
                {
                    Span<byte> bytes = piece.AsSpan(0, (int)Math.Min(range.Length - done, PieceLength));
                    Read(new DmaAddress(range.Start.Value + done), bytes);
                    hash.AppendData(bytes);
                    done += (ulong)bytes.Length;
                }
            }
        }
        finally
        {
            ArrayPool<byte>.Shared.Return(piece);
        }

        return hash.GetHashAndReset();
    }

    /// <summary>The name.</summary>
    public override string ToString() => Name;

    private void RequireSum(ReadOnlySpan<DmaRange> ranges, int length)
    {
        ulong left = (ulong)length;
        foreach (DmaRange range in ranges)
        {
            if (range.Length > left)
            {
                left = ulong.MaxValue;
                break;
            }

            left -= range.Length;
        }

        if (left != 0)
        {
            throw new DmaBufException(
                Errno.EINVAL,
                $"{Name} cannot move {length} bytes through {ranges.Length} ranges: their lengths do not add up to it.");
        }
    }

    private void Move(DmaAddress address, DmaPayload payload)
    {
        ulong room = address > _identity.Reach ? 0 : _identity.Reach.Value - address.Value;
        if (payload.Length != 0 && (address > _identity.Reach || (ulong)payload.Length - 1 > room))
        {
            throw _identity.Faults.Stop(Name, address, payload.Access, DmaFaultReason.OutOfReach);
        }

        while (payload.Length != 0)
        {
            int count = MakeAccess(payload, address, null);
            payload = payload.After(count);
            address = new DmaAddress(address.Value + (ulong)count);
        }
    }

    private int MovePiece(DmaAddress address, DmaPayload payload)
    {
        PciAccessGate? gate = Function?.Presence.Gate;
        if (gate is not null && !gate.TryEnter())
        {
            throw _identity.Faults.Stop(Name, address, payload.Access, DmaFaultReason.Removed);
        }

        try
        {
            return FindPeer(address) is PciBar peer ? MoveToPeer(peer, address, payload) : _addressing.Transfer(address, payload);
        }
        catch (RemovedTargetException)
        {
            throw _identity.Faults.Stop(Name, address, payload.Access, DmaFaultReason.Removed);
        }
        finally
        {
            gate?.Leave();
        }
    }

    private PciBar? FindPeer(DmaAddress address)
    {
        foreach (PciBar peer in _peers)
        {
            if (address.Value - peer.BusRange.Start.Value < peer.BusRange.Length)
            {
                return peer;
            }
        }

        return null;
    }

    private int MoveToPeer(PciBar peer, DmaAddress address, DmaPayload payload)
    {
        ulong offset = address.Value - peer.BusRange.Start.Value;
        int count = (int)Math.Min(peer.BusRange.Length - offset, (ulong)payload.Length);
        PhysicalAddress target = new(peer.Range.Start.Value + offset);
        if (ReferenceEquals(peer.Function, Function))
        {
            payload.Move(_identity.Memory, target, count);
            return count;
        }

        if (_grants.TryEnter(address, payload.Access, ref count, out long ticket) is { } reason)
        {
            throw _identity.Faults.Stop(Name, address, payload.Access, reason);
        }

        try
        {
            payload.Move(_identity.Memory, target, count);
        }
        finally
        {
            _grants.Leave(ticket);
        }

        return count;
    }
}
