using System.Diagnostics;
using System.Globalization;
using System.Text;

namespace DmaBuf.Linux.Tests;

/// <summary>
/// Not a test but the second half of <c>record-uapi</c>, which has fetched the headers of a newer kernel: a C program prints every number that our classes claim, as those headers have it.
/// </summary>
public sealed class KernelHeaderRecording
{
    [Fact(Explicit = true)]
    public void Numbers_of_the_given_headers_are_recorded()
    {
        string headers = Environment.GetEnvironmentVariable("DMABUF_UAPI_HEADERS")!;
        string record = Environment.GetEnvironmentVariable("DMABUF_UAPI_RECORD")!;
        StringBuilder lines = new();
        foreach (IGrouping<string, KernelFact> header in KernelHeaders.Classes.SelectMany(type => KernelHeaders.FactsOf(type).Select(fact => (Path: KernelHeaders.PathOf(type), fact)))
            .GroupBy(pair => pair.Path, pair => pair.fact))
        {
            lines.Append(Print(headers, header.Key, [.. header]));
        }

        File.WriteAllText(record, lines.ToString());
    }

    private static string Print(string headers, string path, List<KernelFact> facts)
    {
        StringBuilder source = new($"#include <stddef.h>\n#include <stdio.h>\n#include <{path}>\nint main(void)\n{{\n");
        foreach (KernelFact fact in facts)
            source.AppendLine(CultureInfo.InvariantCulture, $"printf(\"{path}: {fact.Expression} = %lld\\n\", (long long)({fact.Expression}));");
        source.AppendLine("return 0;\n}");

        // A file that nobody else made, so that what runs is what was compiled here.
        DirectoryInfo folder = Directory.CreateTempSubdirectory("dmabuf-test");
        try
        {
            string program = Path.Combine(folder.FullName, "print");
            Assert.Equal("", CCompiler.Compile(source.ToString(), "-isystem", headers, "-o", program));
            using Process printing = Process.Start(new ProcessStartInfo(program) { RedirectStandardOutput = true })!;
            string printed = printing.StandardOutput.ReadToEnd();
            printing.WaitForExit();
            return printed;
        }
        finally
        {
            folder.Delete(recursive: true);
        }
    }
}
