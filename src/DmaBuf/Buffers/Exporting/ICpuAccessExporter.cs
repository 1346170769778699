namespace DmaBuf;

/// <summary>
/// An exporter whose memory needs work around CPU accesses (<c>begin_cpu_access</c> and <c>end_cpu_access</c>). Called without the reservation lock.
/// </summary>
/// <remarks>Threads: accesses of one buffer overlap, so both are called from several threads side by side.</remarks>
public interface ICpuAccessExporter
{
    /// <summary>Makes the memory coherent for the CPU.</summary>
    /// <exception cref="DmaBufException">The memory cannot be made coherent; nothing has begun.</exception>
    void BeginCpuAccess(DmaBuffer buffer, DmaDirection direction);

    /// <summary>Hands the memory back to devices. Must not throw.</summary>
    void EndCpuAccess(DmaBuffer buffer, DmaDirection direction);
}
