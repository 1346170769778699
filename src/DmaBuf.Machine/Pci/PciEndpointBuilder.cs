namespace DmaBuf.Machine;

/// <summary>An endpoint function, to which BARs and a DMA engine are added. Not thread-safe.</summary>
public sealed class PciEndpointBuilder
{
    private readonly PciPortBuilder _port;
    private readonly PciNodeDefinition _function;

    internal PciEndpointBuilder(PciPortBuilder port, PciNodeDefinition function)
    {
        _port = port;
        _function = function;
    }

    /// <summary>Adds a memory BAR. The machine places it.</summary>
    /// <param name="length">Bytes; a power of two from 4096 to 2^46.</param>
    /// <param name="peerToPeer">Whether peer-to-peer is set up for it, so that it has a provider.</param>
    /// <exception cref="DmaBufException">EINVAL: the length; ENOSPC: a function has six BARs at most.</exception>
    public PciEndpointBuilder AddBar(ulong length, bool peerToPeer = true) => AddBar(length, new PciBarOptions { PeerToPeer = peerToPeer });

    /// <summary>Adds a memory BAR. The machine places it.</summary>
    /// <param name="length">Bytes; a power of two from 4096 to 2^46.</param>
    /// <param name="options">What it is like.</param>
    /// <exception cref="DmaBufException">EINVAL: the length; ENOSPC: a function has six BARs at most.</exception>
    public PciEndpointBuilder AddBar(ulong length, PciBarOptions options)
    {
        _function.AddBar(length, options);
        return this;
    }

    /// <summary>Gives the function a DMA engine, which has the function's name.</summary>
    /// <param name="options">How it reaches memory; null: without an IOMMU and without an address limit.</param>
    public PciEndpointBuilder WithDmaEngine(DmaEngineOptions? options = null)
    {
        _function.Engine = options ?? new DmaEngineOptions();
        return this;
    }

    /// <summary>Makes the function a physical one that can have virtual functions, named like it with <c>-vf0</c>, <c>-vf1</c> and so on behind.</summary>
    /// <param name="options">How many, and where they are numbered.</param>
    /// <returns>What each virtual function has.</returns>
    /// <exception cref="DmaBufException">EINVAL: a number is out of its range; EEXIST: it has virtual functions, or one of the names is taken.</exception>
    public PciVirtualFunctionBuilder AddVirtualFunctions(PciVirtualFunctionOptions options)
    {
        ArgumentNullException.ThrowIfNull(options);
        if (options.Total is < 1 or > 255 || options.Enabled < 0 || options.Enabled > options.Total || options.Stride < 1 || options.FirstOffset < 1)
        {
            throw new DmaBufException(
                Errno.EINVAL,
                $"{_function.Name} cannot have {options.Total} virtual functions, {options.Enabled} enabled, at offset {options.FirstOffset} with stride {options.Stride}: it may have " +
                "from 1 to 255, at most all enabled, and offset and stride are at least 1.");
        }

        if (_function.VirtualFunctions is not null)
        {
            throw new DmaBufException(Errno.EEXIST, $"{_function.Name} cannot be given virtual functions: it has them.");
        }

        return _port.AddVirtualFunctions(_function, options);
    }

    /// <summary>Adds another function in the same slot.</summary>
    /// <param name="name">A name that nothing else on the machine has.</param>
    /// <param name="accessControl">The function's own access control bits.</param>
    /// <exception cref="DmaBufException">EEXIST: the name is taken.</exception>
    public PciEndpointBuilder AddFunction(string name, PciAccessControl accessControl = PciAccessControl.None) => _port.AddFunction(name, accessControl);
}
