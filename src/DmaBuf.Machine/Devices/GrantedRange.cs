namespace DmaBuf.Machine;

/// <summary>Addresses for which the same number of live mappings permit reading and writing.</summary>
internal readonly record struct GrantedRange(Extent Addresses, int Readers, int Writers)
{
    public bool IsEmpty => Readers == 0 && Writers == 0;

    public bool Permits(DmaAccess access) => (access == DmaAccess.Read ? Readers : Writers) > 0;

    public bool Joins(GrantedRange next) => Addresses.End == next.Addresses.Start && Readers == next.Readers && Writers == next.Writers;
}
