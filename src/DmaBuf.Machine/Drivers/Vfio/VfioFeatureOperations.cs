namespace DmaBuf.Machine;

/// <summary>What a device-feature call asks for (the upper flags of <c>struct vfio_device_feature</c>).</summary>
[Flags]
public enum VfioFeatureOperations : uint
{
    /// <summary>Nothing, which is refused.</summary>
    None = 0,

    /// <summary>Make a buffer (<c>VFIO_DEVICE_FEATURE_GET</c>).</summary>
    Get = 0x10000,

    /// <summary>Set; this feature has nothing to be set (<c>VFIO_DEVICE_FEATURE_SET</c>).</summary>
    Set = 0x20000,

    /// <summary>Ask only whether the other operations are there (<c>VFIO_DEVICE_FEATURE_PROBE</c>).</summary>
    Probe = 0x40000,
}
