namespace DmaBuf.Machine.Tests.Drivers;

/// <summary>The walk of patch 24 over a list that nobody has checked: the entry's index is compared with nothing, so that it goes on in what lies behind the list (D-5).</summary>
internal sealed class FirstPostedWalker(PhysicalRange[] list)
{
    private const ulong Page = 4096;

    internal void Fill(RecordingDomain domain, ulong pages)
    {
        int entry = 0;
        ulong start = 0;
        for (ulong index = 0; index < pages;)
        {
            ulong target = index * Page;
            while (start + At(entry).Length <= target)
            {
                start += At(entry++).Length;
            }

            ulong offset = target - start;
            ulong found = Math.Min((At(entry).Length - offset) / Page, pages - index);
            ulong frame = (At(entry).Start.Value + offset) / Page;
            domain.Map(new DmaAddress(0x10_0000 + target), new PhysicalRange(new PhysicalAddress(frame * Page), found * Page), DmaDirection.Bidirectional, DmaAttributes.Mmio);
            index += found;
            start += At(entry++).Length;
        }
    }

    private PhysicalRange At(int entry) => entry < list.Length ? list[entry] : new PhysicalRange(new PhysicalAddress(0xDEAD_0000), 1 << 30);
}
