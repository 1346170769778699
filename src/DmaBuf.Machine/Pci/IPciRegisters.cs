namespace DmaBuf.Machine;

/// <summary>
/// A device's registers behind a BAR. The machine cuts each access, by the CPU or by a peer, into naturally aligned pieces of 1, 2, 4
/// or 8 bytes, the largest that fit, in ascending order.
/// </summary>
/// <remarks>Threads: called by whichever thread makes the access, so an implementation that several use must be safe for all threads.</remarks>
public interface IPciRegisters
{
    /// <summary>Reads a register. Called without a lock of the machine, but for that of a device whose transfer it is.</summary>
    /// <param name="offset">Bytes from the BAR's start; a multiple of the size.</param>
    /// <param name="size">1, 2, 4 or 8 bytes.</param>
    /// <returns>The value, in the low bytes; little-endian on the bus.</returns>
    ulong Read(ulong offset, int size);

    /// <summary>Writes a register, under the same terms.</summary>
    /// <param name="offset">Bytes from the BAR's start; a multiple of the size.</param>
    /// <param name="size">1, 2, 4 or 8 bytes.</param>
    /// <param name="value">The value, in the low bytes; the others are zero.</param>
    void Write(ulong offset, int size, ulong value);
}
