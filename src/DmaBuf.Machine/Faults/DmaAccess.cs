namespace DmaBuf.Machine;

/// <summary>What a device does to memory.</summary>
public enum DmaAccess
{
    /// <summary>
    /// The device reads memory; permitted by <see cref="DmaDirection.ToDevice"/> and <see cref="DmaDirection.Bidirectional"/>.
    /// </summary>
    Read,

    /// <summary>
    /// The device writes memory; permitted by <see cref="DmaDirection.FromDevice"/> and <see cref="DmaDirection.Bidirectional"/>.
    /// </summary>
    Write,
}
