using CsCheck;
using static DmaBuf.Tests.Mappings.ScatterGather.TableTopology;

namespace DmaBuf.Tests.Mappings.ScatterGather;

/// <summary>Tables of random ranges against naive models.</summary>
public sealed class ScatterGatherTableProperties
{
    private static readonly Gen<PhysicalRange> s_smallRange = Gen.Select(Gen.ULong[0, 1 << 20], Gen.ULong[1, 5], (page, pages) => Range(page * Page, pages * Page));

    private static readonly Gen<PhysicalRange> s_anyRange = Gen.Select(
        Gen.ULong[0, 1UL << 40], Gen.OneOf(Gen.ULong[1, 8], Gen.ULong[0xF_FFF0, 0x10_0010], Gen.ULong[1, 1UL << 23]), (page, pages) => Range(page * Page, pages * Page));

    private static readonly Gen<(int Mode, PhysicalRange[] Ranges)> s_smallBuffers = Gen.Select(Gen.Int[0, 2], s_smallRange.Array[1, 9]);

    [Fact]
    public void The_device_reaches_each_byte_of_the_buffer_where_a_byte_by_byte_model_says()
    {
        s_smallBuffers.Sample(sample =>
        {
            FakeDmaDevice device = sample.Mode == 1 ? DeviceWithBlocks() : DeviceWithoutBlocks();
            PeerToPeerProvider provider = sample.Mode == 0 ? SameSwitch() : ThroughHostBridge();
            ScatterGatherBacking backing = Build(device, provider, sample.Ranges);
            // Step 0x333 divides no page, so that firsts, lasts and insides are all met.
            ulong size = Sum(sample.Ranges);
            for (ulong position = 0; position < size; position += 0x333)
            {
                DmaAddress reached = AddressOf(backing.Table, position);
                PhysicalAddress? physical = sample.Mode == 0 ? new PhysicalAddress(reached.Value - BusOffset) : device.Translate(reached);
                Assert.Equal(PhysicalOf(sample.Ranges, position), physical);
            }

            backing.Release();
            device.AssertClean();
        }, iter: 300);
    }

    [Fact]
    public void Ranges_of_any_length_are_cut_as_a_naive_loop_cuts_them()
    {
        s_anyRange.Array[1, 12].Sample(ranges =>
        {
            ScatterGatherBacking backing = Build(DeviceWithBlocks(), SameSwitch(), ranges);
            Assert.Equal(NaiveCut(ranges), backing.Table.Entries.ToArray());
            Assert.All(backing.Table.Entries.ToArray(), entry => Assert.Equal(0UL, (entry.Address.Value | entry.Length) % Page));
            Assert.Equal(Sum(ranges), backing.Table.TotalLength);
            backing.Release();
        }, iter: 500);
    }

    private static ScatterGatherEntry[] NaiveCut(PhysicalRange[] ranges)
    {
        List<ScatterGatherEntry> entries = [];
        foreach (PhysicalRange range in ranges)
        {
            for (ulong done = 0; done < range.Length; done += 0xFFFF_F000)
                entries.Add(Entry(range.Start.Value + BusOffset + done, Math.Min(range.Length - done, 0xFFFF_F000)));
        }

        return [.. entries];
    }

    private static DmaAddress AddressOf(ScatterGatherTable table, ulong position)
    {
        foreach (ScatterGatherEntry entry in table.Entries)
        {
            if (position < entry.Length)
                return new DmaAddress(entry.Address.Value + position);
            position -= entry.Length;
        }

        throw new InvalidOperationException("The table is shorter than the buffer.");
    }

    private static PhysicalAddress PhysicalOf(PhysicalRange[] ranges, ulong position)
    {
        foreach (PhysicalRange range in ranges)
        {
            if (position < range.Length)
                return new PhysicalAddress(range.Start.Value + position);
            position -= range.Length;
        }

        throw new InvalidOperationException("The model is shorter than the buffer.");
    }
}
