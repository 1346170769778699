using System.Security.Cryptography;
using CsCheck;

namespace DmaBuf.Machine.Tests;

/// <summary>What a wrong scatter/gather table does: it must never give the right checksum without a fault.</summary>
public sealed class TableMutationTests
{
    public static TheoryData<string> AllEngines => DmaEngineDeviceTests.AllEngines;

    [Theory]
    [MemberData(nameof(AllEngines))]
    public void A_shifted_entry_is_caught(string name)
    {
        Gen.Select(Gen.Int[1, 12], Gen.Int[0, 11], Gen.Bool).Sample(
            (pages, choice, down) => AssertCaught(name, pages, table =>
            {
                int entry = choice % table.Length;
                ulong start = table[entry].Start.Value;
                table[entry] = table[entry] with { Start = new DmaAddress(down ? start - Expect.Page : start + Expect.Page) };
                return true;
            }),
            iter: 100);
    }

    [Theory]
    [MemberData(nameof(AllEngines))]
    public void Swapped_entries_are_caught(string name)
    {
        Gen.Select(Gen.Int[2, 12], Gen.Int[0, 11], Gen.Int[0, 11]).Sample(
            (pages, first, second) => AssertCaught(name, pages, table =>
            {
                first %= table.Length;
                second %= table.Length;
                (table[first], table[second]) = (table[second], table[first]);
                return first != second;
            }),
            iter: 100);
    }

    private static void AssertCaught(string name, int pages, Func<DmaRange[], bool> mutate)
    {
        SoftwareMachine machine = SoftwareMachine.CreateSample();
        DmaEngineDevice engine = machine.GetEngine(name);
        PhysicalRange[] runs = machine.Ram.AllocateScattered((ulong)pages * Expect.Page);
        byte[] pattern = Expect.Pattern(pages * 4096);
        DmaRange[] table = new DmaRange[pages];
        for (int page = 0; page < pages; page++)
        {
            machine.Memory.Write(runs[page].Start, pattern.AsSpan(page * 4096, 4096));
            table[page] = new DmaRange(engine.MapRange(runs[page], DmaDirection.ToDevice, DmaAttributes.None), Expect.Page);
        }

        byte[] expected = SHA256.HashData(pattern);
        Assert.Equal(expected, engine.ChecksumOf(table));
        bool changed = mutate(table);
        bool same;
        try
        {
            same = engine.ChecksumOf(table).AsSpan().SequenceEqual(expected);
        }
        catch (DmaBufException exception) when (exception.Errno == Errno.EFAULT)
        {
            Assert.Equal(1, machine.Faults.TotalCount);
            return;
        }

        Assert.Equal(!changed, same);
    }
}
