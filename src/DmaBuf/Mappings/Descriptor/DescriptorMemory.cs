namespace DmaBuf;

/// <summary>What lies behind a descriptor; as flags, so that a request can name both.</summary>
[Flags]
public enum DescriptorMemory
{
    /// <summary>Neither.</summary>
    None = 0,

    /// <summary>Ordinary memory.</summary>
    Ram = 1,

    /// <summary>Memory of a device.</summary>
    Mmio = 2,

    /// <summary>Either.</summary>
    Any = Ram | Mmio,
}
