using System.Globalization;

namespace DmaBuf.Linux.Tests;

public sealed class MemoryOverlayTests : LeakCheckedTest
{
    private const int Length = 64 * 4096;

    [Fact]
    public void A_reader_who_is_inside_goes_on_reading_and_meets_the_old_bytes_or_zeros()
    {
        using MemoryFile file = MemoryFile.Create(TestMemory, Length);
        using MemoryMapping mapping = file.Map(MemoryProtection.ReadWrite);
        mapping.Window(0, Length).Fill(0xab);
        using ManualResetEventSlim reading = new();
        int strange = 0, sawZero = 0;
        Thread reader = new(() =>
        {
            ReadOnlySpan<byte> window = mapping.ReadOnlyWindow(0, Length);
            while (Volatile.Read(ref sawZero) == 0)
            {
                strange += window.ContainsAnyExcept((byte)0xab, (byte)0) ? 1 : 0;
                // Once the last page reads zero the overlay is complete, so the loop ends because of it and of nothing else.
                if (Volatile.Read(in window[Length - 1]) == 0)
                {
                    Volatile.Write(ref sawZero, 1);
                }

                reading.Set();
            }
        });
        reader.Start();
        reading.Wait(Token);
        mapping.Overlay();
        reader.Join();
        Assert.Equal(0, strange);
        Assert.True(mapping.IsOverlaid);
        Assert.False(mapping.ReadOnlyWindow(0, Length).ContainsAnyExcept((byte)0));
    }

    [Fact]
    public void The_file_keeps_its_bytes_and_later_writes_go_nowhere()
    {
        using MemoryFile file = MemoryFile.Create(TestMemory, Length);
        using MemoryMapping mapping = file.Map(MemoryProtection.ReadWrite);
        using MemoryMapping other = file.Map(MemoryProtection.Read);
        mapping.Window(0, 1)[0] = 1;
        nint address = mapping.Address;
        mapping.Overlay();
        mapping.Overlay();
        mapping.Window(0, 1)[0] = 2;
        Assert.Equal(address, mapping.Address);
        Assert.Equal(1, other.ReadOnlyWindow(0, 1)[0]);
        Assert.Equal(2, mapping.ReadOnlyWindow(0, 1)[0]);
    }

    [Theory]
    [InlineData(MemoryProtection.Read, "r--p")]
    [InlineData(MemoryProtection.ReadWrite, "rw-p")]
    public void An_overlay_keeps_address_length_and_protection(MemoryProtection protection, string permissions)
    {
        using MemoryFile file = MemoryFile.Create(TestMemory, 5000);
        using MemoryMapping mapping = file.Map(protection);
        mapping.Overlay();
        Assert.Equal(protection, mapping.Protection);
        // Neighbours of the same kind may be one entry with it, so the entry is found by containment.
        string entry = File.ReadLines("/proc/self/maps").Single(line => Contains(line, mapping.Address, 8192));
        Assert.Equal(permissions, entry.Split(' ')[1]);
        Assert.DoesNotContain("memfd", entry, StringComparison.Ordinal);
    }

    [Fact]
    public void Overlay_and_dispose_may_race()
    {
        using MemoryFile file = MemoryFile.Create(TestMemory, Length);
        for (int round = 0; round < 200; round++)
        {
            MemoryMapping mapping = file.Map(MemoryProtection.ReadWrite);
            Parallel.Invoke(mapping.Dispose, () =>
            {
                // Either it comes first, or it is told that it came too late.
                if (Record.Exception(mapping.Overlay) is { } late)
                {
                    Assert.IsType<ObjectDisposedException>(late);
                }
            });
        }
    }

    private static bool Contains(string line, nint address, long length)
    {
        string[] range = line.Split(' ')[0].Split('-');
        return long.Parse(range[0], NumberStyles.HexNumber, CultureInfo.InvariantCulture) <= address
            && address + length <= long.Parse(range[1], NumberStyles.HexNumber, CultureInfo.InvariantCulture);
    }
}
