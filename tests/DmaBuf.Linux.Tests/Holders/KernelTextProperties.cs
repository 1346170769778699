using System.Text;
using CsCheck;

namespace DmaBuf.Linux.Tests;

/// <summary>No text makes a parser throw, and what a name may hold never changes the facts before it.</summary>
public sealed class KernelTextProperties
{
    private static readonly byte[][] s_texts = [.. new[] { "fdinfo-6", "fdinfo-9", "maps", "bufinfo", "stat" }.Select(Corpus.Read)];

    private static readonly byte[][] s_tokens = [.. new[]
    {
        "\n", "\t", " ", "\0", "name:\t", "size:\t", "ino:\t", "/dmabuf:", "/memfd:", " (deleted)", "-", ":", ")", "(", "99999999999999999999", "0", "ffffffffffffffff", "\tAttached Devices:\n", " fence:", "<none>",
        "Total 1 objects, 4096 bytes\n",
    }.Select(Encoding.UTF8.GetBytes), [0xff], [0xc3], [0xed, 0xa0, 0x80]];

    private static readonly Gen<byte[]> s_mutated = Gen.Select(
        Gen.Int[0, s_texts.Length - 1], Gen.Select(Gen.Int[0, 9999], Gen.Int[0, 60], Gen.Int[-1, s_tokens.Length - 1]).Array[1, 5], Mutate);

    private static readonly Gen<byte[]> s_names = Gen.OneOf(Gen.Byte[1, 255].Array[1, 31], Gen.Int[0, s_tokens.Length - 1].Array[1, 4].Select(static tokens => tokens.SelectMany(static token => s_tokens[token]).Where(static letter => letter != 0).Take(31).ToArray()))
        .Where(static name => name.Length > 0);

    [Fact]
    public void No_text_makes_a_parser_throw_or_find_more_than_it_has_room_for() => Gen.OneOf(s_mutated, Gen.Byte.Array[0, 400]).Sample(
        static text =>
        {
            DescriptorText descriptor = DescriptorText.Parse(text);
            Assert.True((descriptor.Name?.Length ?? 0) <= DescriptorText.MaximumNameBytes);
            List<MappedBuffer> mapped = [];
            MappedBuffer.Find(text, memoryFiles: true, mapped);
            Assert.All(mapped, static each => Assert.True(each.Mapping.End >= each.Mapping.Start));
            List<BufferInfoText> buffers = BufferInfoText.Parse(text);
            Assert.True(mapped.Count <= text.Length && buffers.Count <= text.Length);
            Assert.True(!ProcessText.TryParse(text, out ProcessText process) || process.Command.Length <= DescriptorText.MaximumNameBytes);
            Assert.InRange(ProcessText.EffectiveUser(text) ?? 0, 0u, uint.MaxValue);
            List<int> numbers = [];
            NumberedEntries.Add(text, numbers);
            Assert.All(numbers, static number => Assert.True(number >= 0));
        },
        iter: 20_000);

    [Fact]
    public void A_descriptors_facts_do_not_depend_on_the_name() => s_names.Sample(
        static name =>
        {
            byte[] text = [.. "pos:\t0\nino:\t52\nsize:\t4096\ncount:\t3\nexp_name:\tsystem\nname:\t"u8, .. name, (byte)'\n'];
            Assert.Equal(new DescriptorText(52, 4096, 3, "system", Encoding.UTF8.GetString(name)), DescriptorText.Parse(text));
        },
        iter: 5_000);

    [Fact]
    public void A_mapping_does_not_depend_on_the_name_as_maps_writes_it() => s_names.Sample(
        static name =>
        {
            byte[] escaped = [.. name.SelectMany(static letter => letter == (byte)'\n' ? "\\012"u8.ToArray() : [letter])];
            byte[] line = [.. "7f0000000000-7f0000002000 r--p 00001000 00:0e 52                         /dmabuf:"u8, .. escaped];
            Assert.True(MappedBuffer.TryParse(line, out MappedBuffer mapped));
            Assert.Equal(new BufferMapping(0x7f0000000000, 0x7f0000002000, 0x1000, false, false), mapped.Mapping);
            Assert.Equal(52UL, mapped.Identity.Inode);
        },
        iter: 5_000);

    private static byte[] Mutate(int index, (int At, int Length, int Token)[] changes)
    {
        List<byte> text = [.. s_texts[index]];
        foreach ((int at, int length, int token) in changes)
        {
            int start = at % (text.Count + 1);
            text.RemoveRange(start, Math.Min(length, text.Count - start));
            text.InsertRange(start, token < 0 ? [] : s_tokens[token]);
        }

        return [.. text];
    }
}
