namespace DmaBuf.Machine;

/// <summary>What each virtual function of a physical function has; all are alike. Not thread-safe.</summary>
public sealed class PciVirtualFunctionBuilder
{
    private readonly PciNodeDefinition _function;

    internal PciVirtualFunctionBuilder(PciNodeDefinition function) => _function = function;

    /// <summary>Adds a memory BAR to each virtual function. The machine places those of all virtual functions one behind the other, without a gap.</summary>
    /// <param name="length">Bytes of one virtual function's BAR; a power of two from 4096 to 2^46.</param>
    /// <param name="options">What it is like; null for the defaults.</param>
    /// <exception cref="DmaBufException">EINVAL: the length; ENOSPC: a function has six BARs at most.</exception>
    public PciVirtualFunctionBuilder AddBar(ulong length, PciBarOptions? options = null)
    {
        _function.AddBar(length, options ?? new PciBarOptions());
        return this;
    }

    /// <summary>Gives each virtual function a DMA engine, which has the virtual function's name.</summary>
    /// <param name="options">How it reaches memory; null: without an IOMMU and without an address limit.</param>
    public PciVirtualFunctionBuilder WithDmaEngine(DmaEngineOptions? options = null)
    {
        _function.Engine = options ?? new DmaEngineOptions();
        return this;
    }
}
