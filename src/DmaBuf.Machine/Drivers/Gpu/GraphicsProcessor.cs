namespace DmaBuf.Machine;

/// <summary>
/// A GPU: memory behind one BAR, which its driver hands out as buffers that move (<see cref="GraphicsBufferExporter"/>), an engine that copies them, a link to other GPUs
/// perhaps, and runtime power, which is on while anybody is attached.
/// </summary>
/// <remarks>Safe for all threads.</remarks>
public sealed class GraphicsProcessor
{
    /// <summary>The generation from which on a compressed buffer is not offered to peers (GFX 12).</summary>
    public const int CompressionForbidsPeers = 12;

    private readonly MemoryArea _memory;
    private int _power;
    private volatile bool _isWedged;

    /// <summary>Takes a BAR over as the GPU's memory.</summary>
    /// <param name="machine">The machine that the BAR is of.</param>
    /// <param name="bar">The BAR; set up for peers, and used by nobody else.</param>
    /// <param name="generation">The GPU's generation.</param>
    /// <param name="port">Its place on a link between GPUs; null: none.</param>
    /// <exception cref="DmaBufException">EINVAL: another machine's BAR; EOPNOTSUPP: not set up for peers.</exception>
    public GraphicsProcessor(SoftwareMachine machine, PciBar bar, int generation = CompressionForbidsPeers, GpuLinkPort? port = null)
    {
        PhysicalRange whole = BarPart.Require(machine, bar, 0, bar?.Range.Length ?? 0);
        Provider = bar!.Provider
            ?? throw new DmaBufException(Errno.EOPNOTSUPP, $"{bar.Function} cannot share its memory: its BAR was added without peer-to-peer. Add it with.");
        Machine = machine;
        Engine = machine.Engines.FirstOrDefault(engine => ReferenceEquals(engine.Function, bar.Function));
        Name = bar.Function.Name;
        Generation = generation;
        Port = port;
        _memory = new MemoryArea($"memory of {Name}", whole);
    }

    /// <summary>The PCI function's name.</summary>
    public string Name { get; }

    /// <summary>The machine that the GPU is in.</summary>
    public SoftwareMachine Machine { get; }

    /// <summary>Its function's DMA engine, which moves its buffers; null: it has none, and the CPU moves them.</summary>
    public DmaEngineDevice? Engine { get; }

    /// <summary>The GPU's generation.</summary>
    public int Generation { get; }

    /// <summary>Its place on a link between GPUs, or null.</summary>
    public GpuLinkPort? Port { get; }

    /// <summary>Bytes of its memory that are in use, old places included that somebody still has mapped.</summary>
    public ulong AllocatedBytes => _memory.AllocatedBytes;

    /// <summary>How many attachments keep the power on (<c>pm_runtime</c>).</summary>
    public int PowerReferences => Volatile.Read(ref _power);

    /// <summary>True once the GPU does not answer any more.</summary>
    public bool IsWedged => _isWedged;

    internal PeerToPeerProvider Provider { get; }

    internal GraphicsDepartures Departures { get; } = new();

    /// <summary>The GPU hangs for good: who is attached stays so, nobody else can attach.</summary>
    public void DeclareWedged() => _isWedged = true;

    /// <summary>Allocates a buffer and exports it.</summary>
    /// <param name="size">Bytes; a multiple of 4096, not zero.</param>
    /// <param name="buffer">Where it begins and what it may; null for the defaults.</param>
    /// <param name="options">Name, reservation, registry; null for the defaults.</param>
    /// <returns>The buffer, zeroed; its exporter is a <see cref="GraphicsBufferExporter"/>.</returns>
    /// <exception cref="DmaBufException">
    /// EINVAL: the size, or in system memory from the start and not allowed there; ENOMEM: no such memory is free. Else as <see cref="DmaBuffer.Export"/>.
    /// </exception>
    public DmaBuffer Export(ulong size, GraphicsBufferOptions? buffer = null, DmaBufferExportOptions? options = null)
        => GraphicsBufferExporter.Export(this, size, buffer ?? GraphicsBufferOptions.Default, options);

    internal GraphicsMemory Allocate(GraphicsPlacement placement, ulong size)
    {
        if (placement == GraphicsPlacement.SystemMemory)
        {
            return new GraphicsMemory(this, placement, Machine.Ram.AllocateScattered(size));
        }

        GraphicsMemory memory = new(this, placement, [_memory.Allocate(size)]);
        bool isCleared = false;
        try
        {
            memory.Clear();
            isCleared = true;
            return memory;
        }
        finally
        {
            if (!isCleared)
            {
                memory.Drop();
            }
        }
    }

    internal void Free(GraphicsMemory memory)
    {
        if (memory.Placement == GraphicsPlacement.SystemMemory)
        {
            Machine.Ram.Free(memory.Ranges);
        }
        else
        {
            _memory.Free(memory.Ranges[0]);
        }
    }

    /// <exception cref="DmaBufException">ENODEV: the GPU was removed.</exception>
    internal void RequirePresent(string what)
    {
        if (Provider.Device is PciFunction { IsRemoved: true })
        {
            throw new DmaBufException(Errno.ENODEV, $"{what} was refused: {Name} was removed. Use another GPU.");
        }
    }

    /// <summary>Takes a power reference and wakes the GPU; if that fails, nothing is taken.</summary>
    internal void TakePower()
    {
        Interlocked.Increment(ref _power);
        if (_isWedged)
        {
            DropPower();
            throw new DmaBufException(Errno.ENODEV, $"{Name} could not be woken up: it is wedged. Reset it.");
        }
    }

    internal void DropPower() => Interlocked.Decrement(ref _power);
}
