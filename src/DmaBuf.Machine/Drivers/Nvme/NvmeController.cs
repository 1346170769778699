namespace DmaBuf.Machine;

// Theory
//
// A controller moves blocks between a medium and memory by its own DMA engine, wherever the addresses that it is given lead: RAM, a peer's BAR, or its own. A part of one of its
// BARs may be memory for whatever the host likes: the controller memory buffer (CMB). Data that are read into it are on the PCI bus, where a GPU or a network adapter below the
// same switch fetches them without ever touching RAM. So the CMB is a dma-buf like others, offered to peers alone, and the controller imports it like others.
//
// Vocabulary: a namespace is a medium; a queue pair takes commands and completes them; host memory is all that is not the medium.

/// <summary>
/// Shows a storage driver that is exporter and importer: a controller with namespaces, queues, and a controller memory buffer that is shared with peers. Mirrors nvme-pci with
/// <c>pci_p2pdma_add_resource()</c>, by way of dma-bufs.
/// </summary>
/// <remarks>Safe for all threads. Written against public members alone.</remarks>
public sealed class NvmeController
{
    private readonly MemoryArea? _memory;
    private readonly PciBar? _memoryBar;
    private readonly Lock _lock = new();
    private NvmeNamespace[] _namespaces = [];
    private int _lastQueue;

    /// <summary>Takes a function over as a controller.</summary>
    /// <param name="machine">The machine that the function is of.</param>
    /// <param name="function">A function with a DMA engine.</param>
    /// <param name="memoryBar">The function's BAR whose bytes are the controller memory buffer (<c>CMBLOC</c>, <c>CMBSZ</c>); set up for peers, used by nobody else. Null: none.</param>
    /// <exception cref="DmaBufException">
    /// ENODEV: the function has no engine, or was removed; EINVAL: another function's BAR; EOPNOTSUPP: the BAR was not set up for peers.
    /// </exception>
    public NvmeController(SoftwareMachine machine, PciFunction function, PciBar? memoryBar = null)
    {
        ArgumentNullException.ThrowIfNull(machine);
        ArgumentNullException.ThrowIfNull(function);
        Machine = machine;
        Function = function;
        Engine = machine.Engines.FirstOrDefault(engine => ReferenceEquals(engine.Function, function) && !function.IsRemoved)
            ?? throw new DmaBufException(Errno.ENODEV, $"{function} cannot be a controller: it has no DMA engine on this machine, or was removed. Add one.");
        if (memoryBar is not null)
        {
            RequireSuitable(function, memoryBar);
            _memoryBar = memoryBar;
            _memory = new MemoryArea($"controller memory of {function.Name}", memoryBar.Range);
        }
    }

    /// <summary>The machine that the controller is in.</summary>
    public SoftwareMachine Machine { get; }

    /// <summary>The PCI function.</summary>
    public PciFunction Function { get; }

    /// <summary>The engine that moves the data.</summary>
    public DmaEngineDevice Engine { get; }

    /// <summary>The media, in the order in which they were added.</summary>
    public IReadOnlyList<NvmeNamespace> Namespaces => Volatile.Read(ref _namespaces);

    /// <summary>Bytes of the controller memory buffer that are in use.</summary>
    public ulong AllocatedBytes => _memory?.AllocatedBytes ?? 0;

    /// <summary>Adds a medium.</summary>
    /// <param name="medium">The medium; several controllers may have it, as with shared namespaces.</param>
    public void AddNamespace(NvmeNamespace medium)
    {
        ArgumentNullException.ThrowIfNull(medium);
        lock (_lock)
        {
            Volatile.Write(ref _namespaces, [.. _namespaces, medium]);
        }
    }

    /// <summary>Makes a pair of queues; idle ones cost nothing.</summary>
    public NvmeQueuePair CreateQueuePair() => new(this, Interlocked.Increment(ref _lastQueue));

    /// <summary>Allocates in the controller memory buffer and exports what was allocated, for peers.</summary>
    /// <param name="size">Bytes; a multiple of 4096, not zero.</param>
    /// <param name="options">Name, reservation, registry; null for the defaults.</param>
    /// <returns>The buffer, zeroed; its exporter is a <see cref="ControllerMemoryExporter"/>.</returns>
    /// <exception cref="DmaBufException">
    /// EOPNOTSUPP: there is no such memory; ENODEV: the controller was removed; EINVAL: the size; ENOMEM: no such run is free. Else as <see cref="DmaBuffer.Export"/>.
    /// </exception>
    public DmaBuffer ExportControllerMemory(ulong size, DmaBufferExportOptions? options = null)
    {
        if (_memory is null || _memoryBar is null || Function.IsRemoved)
        {
            throw new DmaBufException(
                _memory is null ? Errno.EOPNOTSUPP : Errno.ENODEV,
                $"{Function} cannot share its memory: {(_memory is null ? "no BAR was given for it" : "it was removed")}. Use another controller, or RAM.");
        }

        return ControllerMemoryExporter.Export(Machine, _memoryBar, _memory, size, options);
    }

    private static void RequireSuitable(PciFunction function, PciBar bar)
    {
        if (!ReferenceEquals(bar.Function, function))
        {
            throw new DmaBufException(Errno.EINVAL, $"The memory of controller {function} cannot be a BAR of {bar.Function}. Choose one of its own.");
        }

        if (bar.Provider is null)
        {
            throw new DmaBufException(Errno.EOPNOTSUPP, $"{function} cannot share its memory: its BAR was added without peer-to-peer, or may not be mapped. Add it with.");
        }
    }
}
