using System.Text;

namespace DmaBuf.Linux.Tests;

/// <summary>
/// Every class that repeats a kernel header is written down as assertions in C, and compiled against that header of this machine. What the header is too old for, or this machine does not
/// have, is compared with the numbers that were recorded from a kernel that has it.
/// </summary>
public sealed class KernelHeaderTests : LeakCheckedTest
{
    public static TheoryData<string> Headers() => [.. KernelHeaders.Classes.Select(type => type.Name)];

    [Theory]
    [MemberData(nameof(Headers))]
    public void Numbers_and_layouts_are_those_of_the_header(string name)
    {
        CCompiler.SkipUnlessThere();
        Type header = Find(name);
        string path = KernelHeaders.PathOf(header);
        StringBuilder source = new($"#include <stddef.h>\n#if __has_include(<{path}>)\n#include <{path}>\n");
        foreach (KernelFact fact in KernelHeaders.FactsOf(header))
        {
            // A young constant can be asked for by name; of a young structure only the record tells.
            if (fact.IsYoung && !fact.IsName)
                continue;
            source.AppendLine(fact.IsYoung ? $"#ifdef {fact.Expression}\n{Assertion(fact)}\n#endif" : Assertion(fact));
        }

        source.AppendLine("#endif");
        Assert.Equal("", CCompiler.Compile(source.ToString(), "-fsyntax-only"));
    }

    [Theory]
    [MemberData(nameof(Headers))]
    public void What_the_installed_headers_may_lack_is_as_recorded(string name)
    {
        Type header = Find(name);
        string path = KernelHeaders.PathOf(header);
        bool isInstalled = File.Exists("/usr/include/" + path);
        foreach (KernelFact fact in KernelHeaders.FactsOf(header))
        {
            if (RecordedUapi.Only.TryGet(path, fact.Expression, out long recorded))
                Assert.Equal((fact.Expression, recorded), (fact.Expression, fact.Value));
            else
                Assert.True(isInstalled && !fact.IsYoung, $"Neither this machine nor the record of {RecordedUapi.Only.Version} knows {path}: {fact.Expression}. Run record-uapi.");
        }
    }

    [Fact]
    public void A_wrong_number_does_not_compile_and_the_record_is_not_empty()
    {
        CCompiler.SkipUnlessThere();
        string source = $"#include <linux/dma-buf.h>\n{Assertion(new("DMA_BUF_SYNC_WRITE", 3, IsYoung: false))}";
        Assert.Contains("DMA_BUF_SYNC_WRITE", CCompiler.Compile(source, "-fsyntax-only"), StringComparison.Ordinal);
        Assert.True(RecordedUapi.Only.Count > 100);
    }

    private static Type Find(string name) => KernelHeaders.Classes.Single(type => type.Name == name);

    private static string Assertion(KernelFact fact) =>
        $"_Static_assert((unsigned long long)({fact.Expression}) == {unchecked((ulong)fact.Value)}ULL, \"{fact.Expression}\");";
}
