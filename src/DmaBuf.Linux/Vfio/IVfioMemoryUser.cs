namespace DmaBuf.Linux;

/// <summary>Who reaches a device's BARs, and has to let go of them before the device loses its memory.</summary>
internal interface IVfioMemoryUser
{
    /// <summary>Told once, before anybody may call <see cref="TakeAway"/>, with the lock of the memory held.</summary>
    void Register(VfioMemory memory);

    /// <summary>When this returns, nobody reaches the memory through this user. At once, never throws, may come twice.</summary>
    void TakeAway();
}
