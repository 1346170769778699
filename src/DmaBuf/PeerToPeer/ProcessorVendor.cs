namespace DmaBuf;

/// <summary>Who made a processor.</summary>
public enum ProcessorVendor
{
    /// <summary>Somebody else.</summary>
    Other,

    /// <summary>AMD.</summary>
    Amd,

    /// <summary>Intel.</summary>
    Intel,
}
