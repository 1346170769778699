namespace DmaBuf.Machine;

/// <summary>Where a graphics buffer lies.</summary>
public enum GraphicsPlacement
{
    /// <summary>In the GPU's own memory, behind its BAR (VRAM).</summary>
    DeviceMemory,

    /// <summary>In the machine's RAM, where every device reaches it (TT, GTT).</summary>
    SystemMemory,
}
