using System.Numerics;

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
        ArgumentNullException.ThrowIfNull(options);
        if (length < MachinePage.Size || length > 1UL << 46 || !BitOperations.IsPow2(length))
        {
            throw new DmaBufException(
                Errno.EINVAL,
                $"{_function.Name} cannot have a BAR of 0x{length:x} bytes: a power of two from {MachinePage.Size} to 2^46 is needed.");
        }

        if (_function.Bars.Count == 6)
        {
            throw new DmaBufException(
                Errno.ENOSPC,
                $"{_function.Name} cannot have another BAR: a PCI function has six at most. Add a function.");
        }

        _function.Bars.Add((length, options));
        return this;
    }

    /// <summary>Gives the function a DMA engine, which has the function's name.</summary>
    /// <param name="options">How it reaches memory; null: without an IOMMU and without an address limit.</param>
    public PciEndpointBuilder WithDmaEngine(DmaEngineOptions? options = null)
    {
        _function.Engine = options ?? new DmaEngineOptions();
        return this;
    }

    /// <summary>Adds another function in the same slot.</summary>
    /// <param name="name">A name that nothing else on the machine has.</param>
    /// <param name="accessControl">The function's own access control bits.</param>
    /// <exception cref="DmaBufException">EEXIST: the name is taken.</exception>
    public PciEndpointBuilder AddFunction(string name, PciAccessControl accessControl = PciAccessControl.None) => _port.AddFunction(name, accessControl);
}
