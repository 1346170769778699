namespace DmaBuf.Machine;

/// <summary>The device's side of one transfer: bytes to send or room for bytes to come. Borrowed from the caller.</summary>
internal readonly ref struct DmaPayload
{
    private readonly Span<byte> _destination;
    private readonly ReadOnlySpan<byte> _source;

    /// <summary>The device reads memory into the destination.</summary>
    public DmaPayload(Span<byte> destination)
    {
        _destination = destination;
        Access = DmaAccess.Read;
    }

    /// <summary>The device writes the source to memory.</summary>
    public DmaPayload(ReadOnlySpan<byte> source)
    {
        _source = source;
        Access = DmaAccess.Write;
    }

    private DmaPayload(DmaAccess access, Span<byte> destination, ReadOnlySpan<byte> source)
    {
        Access = access;
        _destination = destination;
        _source = source;
    }

    public DmaAccess Access { get; }

    public int Length => Access == DmaAccess.Read ? _destination.Length : _source.Length;

    /// <summary>What is left after the first bytes have moved.</summary>
    public DmaPayload After(int count) =>
        Access == DmaAccess.Read ? new(Access, _destination[count..], default) : new(Access, default, _source[count..]);

    /// <summary>The first bytes alone.</summary>
    public DmaPayload First(int count) =>
        Access == DmaAccess.Read ? new(Access, _destination[..count], default) : new(Access, default, _source[..count]);

    /// <summary>Moves the first bytes between the device and physical memory.</summary>
    public void Move(PhysicalMemory memory, PhysicalAddress address, int count)
    {
        if (Access == DmaAccess.Read)
        {
            memory.Read(address, _destination[..count]);
        }
        else
        {
            memory.Write(address, _source[..count]);
        }
    }
}
