using System.Security.Cryptography;
using CsCheck;

namespace DmaBuf.Machine.Tests;

/// <summary>Random work over lists that are cut in any way does to the memory what it does to plain arrays, up to where it was stopped, and nothing else.</summary>
public sealed class DmaChannelPropertyTests
{
    private const int Half = ChannelBench.Size / 2;

    private static readonly string[] s_engines = [SampleMachine.PeerEngine, SampleMachine.IommuEngine, SampleMachine.DirectEngine, SampleMachine.PlatformEngine];

    [Fact]
    public void Work_over_lists_that_are_cut_differently_is_what_it_is_on_plain_arrays()
        => Gen.Int[0, int.MaxValue].Sample(static seed => Work(seed, stops: false), iter: 150);

    [Fact]
    public void A_transfer_that_is_aborted_behind_any_byte_has_moved_exactly_the_bytes_before()
        => Gen.Int[0, int.MaxValue].Sample(static seed => Work(seed, stops: true), iter: 150);

    private static void Work(int seed, bool stops)
    {
        Random random = new(seed);
        ChannelBench bench = new(s_engines[random.Next(s_engines.Length)], seed);
        InnerMemory inner = new(Half);
        byte[] innerModel = new byte[Half];
        int aborted = 0;
        for (int step = 0; step < 6; step++)
        {
            int bytes = random.Next(1, 20_000);
            (int, int)[] from = ChannelBench.Pieces(random, 0, Half, bytes);
            (int, int)[] to = ChannelBench.Pieces(random, Half, ChannelBench.Size, bytes);
            byte[] source = bench.BytesOf(from);
            int kind = random.Next(5);
            DmaAccess last = kind is 3 or 4 ? DmaAccess.Read : DmaAccess.Write;
            int stop = stops ? random.Next(bytes) : bytes;
            bench.Engine.Injection = stops
                ? DmaFaultInjection.AfterBytes(last, (ulong)stop, static access => access.Transfer!.Abort(), random.Next(1, 5000))
                : DmaFaultInjection.None(random.Next(1, 5000));
            DmaTransfer transfer = kind switch
            {
                0 => bench.Channel.SubmitCopy(bench.ListOf(from), bench.ListOf(to)),
                1 => bench.Channel.SubmitFill(bench.ListOf(to), source.AsSpan(0, 1 + (bytes / 3))),
                2 => bench.Channel.SubmitWrite(inner, 7, bench.ListOf(to)),
                3 => bench.Channel.SubmitRead(bench.ListOf(from), inner, 7),
                _ => bench.Channel.SubmitChecksum(bench.ListOf(from)),
            };
            Errno error = ChannelBench.Wait(transfer);
            Assert.Equal((stops ? Errno.ECANCELED : Errno.None, stops, (ulong)stop), (error, bench.Engine.Injection.HasStruck, transfer.MovedBytes));
            aborted += stops ? 1 : 0;
            switch (kind)
            {
                case 0:
                    bench.CopyInModel(from, to, stop);
                    break;
                case 1:
                    bench.PutInModel(to, [.. Enumerable.Range(0, stop).Select(index => source[index % (1 + (bytes / 3))])]);
                    break;
                case 2:
                    bench.PutInModel(to, innerModel[7..(7 + stop)]);
                    break;
                case 3:
                    source.AsSpan(0, stop).CopyTo(innerModel.AsSpan(7));
                    break;
                default:
                    Assert.Equal(stops ? null : SHA256.HashData(source), stops ? null : ((DmaChecksumTransfer)transfer).GetResult());
                    break;
            }
        }

        bench.ExpectCanvas();
        Assert.Equal(innerModel, inner.Bytes);
        bench.ExpectNothingLeft(faults: aborted);
    }
}
