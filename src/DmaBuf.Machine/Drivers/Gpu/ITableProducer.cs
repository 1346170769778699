namespace DmaBuf.Machine;

/// <summary>A graphics object that can be shown to a device as a table (<c>get_sg_table</c>).</summary>
/// <remarks>Threads: called by one thread at a time for a buffer, under its reservation lock.</remarks>
public interface ITableProducer
{
    /// <summary>Maps the object for a device.</summary>
    /// <param name="device">The importing device.</param>
    /// <param name="direction">Which accesses it may make.</param>
    /// <returns>The table; its release undoes the mapping.</returns>
    /// <exception cref="DmaBufException">The object's errno; nothing is mapped.</exception>
    ScatterGatherBacking ProduceTable(IDmaDevice device, DmaDirection direction);
}
