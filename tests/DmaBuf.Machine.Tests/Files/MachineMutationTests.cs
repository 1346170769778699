using CsCheck;

namespace DmaBuf.Machine.Tests;

/// <summary>Random changes of the samples' text: a machine, or a refusal with EINVAL; never another exception.</summary>
public sealed class MachineMutationTests
{
    private static readonly string[] s_texts = [MachineDocumentTests.Everything, .. SampleMachinesTests.Names.Select(static row => SampleMachinesTests.Text(row.Data))];

    private static readonly string[] s_tokens =
    [
        "{", "}", "[", "]", ",", ":", "null", "true", "0", "-1", "1e400", "18446744073709551615", "\"\"", "\"0xFFFFFFFFFFFFFFFF\"", "\"16777215 TiB\"", "\"gpu\"", "\"name\"", "\"ram\"",
        "\"\\ud800\"", "\"\\ud800\":", "//", "/*", "\"EgressControl\"", "\"furtherFunctions\"", "\"switch\"", "\"ports\"", "{}", "[]", "\u0000", "\ud800",
    ];

    /// <summary>Where to cut, how much, and what to put there: a token, or a piece of the text itself.</summary>
    private static readonly Gen<(int Text, (int At, int Length, int From, int Token)[] Changes)> s_mutations = Gen.Select(
        Gen.Int[0, s_texts.Length - 1], Gen.Select(Gen.Int[0, 9999], Gen.Int[0, 40], Gen.Int[0, 9999], Gen.Int[-20, s_tokens.Length - 1]).Array[1, 4]);

    [Fact]
    public void A_mutated_document_is_a_machine_or_a_refusal() => s_mutations.Sample(
        static mutation =>
        {
            string text = Mutate(mutation.Text, mutation.Changes);
            try
            {
                // What was read is right by itself; that its parts fit together is found out when it is built.
                SoftwareMachineBuilder builder = MachineDocument.Read(text);
                Assert.Null(new SchemaCheck(MachineSchemaTests.Schema).Misfit(MachineSchemaTests.Parse(text)));
                Build(builder);
            }
            catch (DmaBufException exception)
            {
                Assert.Equal(Errno.EINVAL, exception.Errno);
                Assert.StartsWith("Reading the description of a machine failed at '", exception.Message, StringComparison.Ordinal);
                Assert.DoesNotContain('\n', exception.Message);
            }
        },
        iter: 20_000);

    private static void Build(SoftwareMachineBuilder builder)
    {
        try
        {
            builder.Build();
        }
        catch (DmaBufException exception)
        {
            Assert.Contains("cannot be", exception.Message, StringComparison.Ordinal);
        }
    }

    private static string Mutate(int index, (int At, int Length, int From, int Token)[] changes)
    {
        string text = s_texts[index];
        foreach ((int at, int length, int from, int token) in changes)
        {
            (int start, int source) = (at % (text.Length + 1), from % (text.Length + 1));
            int end = Math.Min(text.Length, start + length);
            string put = token switch
            {
                < -10 => string.Empty,
                < 0 => text[source..Math.Min(text.Length, source + length)],
                _ => s_tokens[token],
            };
            text = string.Concat(text.AsSpan(0, start), put, text.AsSpan(end));
        }

        return text;
    }
}
