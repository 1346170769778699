namespace DmaBuf.Machine.Tests;

/// <summary>
/// An engine, and a canvas: RAM that is mapped for it in blocks of one to four pages, with a plain array that says what must be in it. All bytes of the canvas are compared, so
/// that a byte outside of a destination is seen as well.
/// </summary>
internal sealed class ChannelBench
{
    internal const int Size = 16 * 4096;

    private readonly List<(PhysicalRange Physical, DmaRange Dma)> _blocks = [];

    internal ChannelBench(string engine, int seed = 1)
    {
        Machine = SoftwareMachine.CreateSample();
        Engine = Machine.GetEngine(engine);
        Channel = Engine.CreateChannel("channel");
        Model = Expect.Pattern(Size, seed);
        Random random = new(seed);
        for (int at = 0; at < Size;)
        {
            int length = Math.Min(Size - at, random.Next(1, 5) * 4096);
            PhysicalRange ram = Machine.Ram.AllocateContiguous((ulong)length);
            Machine.Memory.Write(ram.Start, Model.AsSpan(at, length));
            _blocks.Add((ram, new DmaRange(Engine.MapRange(ram, DmaDirection.Bidirectional, DmaAttributes.None), ram.Length)));
            at += length;
        }
    }

    internal SoftwareMachine Machine { get; }

    internal DmaEngineDevice Engine { get; }

    internal DmaChannel Channel { get; }

    /// <summary>What the canvas must hold.</summary>
    internal byte[] Model { get; }

    internal IReadOnlyList<(PhysicalRange Physical, DmaRange Dma)> Blocks => _blocks;

    /// <summary>A part of the canvas, from one byte to another, in as few ranges as its blocks allow.</summary>
    internal DmaRangeList Part(int offset, int length) => ListOf([(offset, length)]);

    /// <summary>The list of pieces of the canvas, each cut where blocks end.</summary>
    internal DmaRangeList ListOf(IEnumerable<(int Offset, int Length)> pieces)
    {
        List<DmaRange> ranges = [];
        foreach ((int offset, int length) in pieces)
        {
            int start = 0;
            foreach ((_, DmaRange dma) in _blocks)
            {
                int end = start + (int)dma.Length;
                int from = Math.Max(start, offset);
                int to = Math.Min(end, offset + length);
                if (from < to)
                {
                    ranges.Add(new DmaRange(new DmaAddress(dma.Start.Value + (ulong)(from - start)), (ulong)(to - from)));
                }

                start = end;
            }
        }

        return new DmaRangeList([.. ranges]);
    }

    /// <summary>Pieces of a half of the canvas, disjoint and in any order, that have so many bytes together.</summary>
    internal static (int Offset, int Length)[] Pieces(Random random, int start, int end, int bytes)
    {
        List<(int Offset, int Length)> pieces = [];
        int spare = end - start - bytes;
        for (int at = start; bytes > 0;)
        {
            int gap = random.Next(0, Math.Min(spare, 300) + 1);
            int length = Math.Min(bytes, random.Next(2) == 0 ? random.Next(1, 40) : random.Next(1, 9000));
            pieces.Add((at + gap, length));
            at += gap + length;
            spare -= gap;
            bytes -= length;
        }

        (int Offset, int Length)[] shuffled = [.. pieces];
        random.Shuffle(shuffled);
        return shuffled;
    }

    /// <summary>What a device that copied the first bytes did to the canvas, in plain arrays.</summary>
    internal void CopyInModel((int Offset, int Length)[] from, (int Offset, int Length)[] to, int moved) => PutInModel(to, BytesOf(from)[..moved]);

    internal byte[] BytesOf((int Offset, int Length)[] pieces) => [.. pieces.SelectMany(piece => Model[piece.Offset..(piece.Offset + piece.Length)])];

    internal void PutInModel((int Offset, int Length)[] to, byte[] bytes)
    {
        int done = 0;
        foreach ((int offset, int length) in to)
        {
            int count = Math.Min(length, bytes.Length - done);
            bytes.AsSpan(done, count).CopyTo(Model.AsSpan(offset));
            done += count;
        }
    }

    internal void ExpectCanvas()
    {
        byte[] seen = new byte[Size];
        int at = 0;
        foreach ((PhysicalRange physical, _) in _blocks)
        {
            Machine.Memory.Read(physical.Start, seen.AsSpan(at, (int)physical.Length));
            at += (int)physical.Length;
        }

        int same = seen.AsSpan().CommonPrefixLength(Model);
        Assert.True(same == Size, $"byte {same} of the canvas is not what it must be");
    }

    internal void UnmapBlock(int index)
    {
        Engine.UnmapRange(_blocks[index].Dma, DmaDirection.Bidirectional, DmaAttributes.None);
    }

    /// <summary>Unmaps all; nothing is pending and nothing was forgotten.</summary>
    internal void ExpectNothingLeft(long faults = 0, params int[] unmapped)
    {
        for (int index = 0; index < _blocks.Count; index++)
        {
            if (!unmapped.Contains(index))
            {
                UnmapBlock(index);
            }

            Machine.Ram.Free(_blocks[index].Physical);
        }

        Assert.Equal((0, 0, 0UL), (Channel.PendingCount, Engine.LiveMappingCount, Machine.Ram.AllocatedBytes));
        Assert.Equal(faults, Machine.Faults.TotalCount);
    }

    internal static Errno Wait(DmaTransfer transfer)
    {
        Assert.True(transfer.Fence.Wait(TimeSpan.FromSeconds(60)), $"{transfer} does not end");
        return transfer.Fence.Error;
    }
}
