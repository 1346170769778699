using Microsoft.CodeAnalysis;
using Microsoft.CodeAnalysis.CSharp;

namespace DmaBuf.Machine.Tests;

/// <summary>The drivers can be written by anybody: their files compile in an assembly of another name, where no internal member of ours exists.</summary>
public sealed class StrangersDriversTests
{
    private const string Usings = """
        global using System;
        global using System.Collections.Generic;
        global using System.IO;
        global using System.Linq;
        global using System.Threading;
        global using System.Threading.Tasks;
        """;

    [Fact]
    public void The_drivers_use_the_public_surface_alone()
    {
        string[] names = [.. typeof(StrangersDriversTests).Assembly.GetManifestResourceNames().Where(static name => name.StartsWith("drivers/", StringComparison.Ordinal))];
        Assert.Equal(
            ["Accelerator", "Gpu", "Heaps", "Importers", "Interconnect", "IommuFd", "Nvme", "Vfio"],
            names.Select(static name => name.Split('/', '\\')[1]).Distinct().Order(StringComparer.Ordinal));
        Assert.Equal("", string.Join("\n", ErrorsOf([.. names.Select(Read)])));
    }

    [Fact]
    public void A_driver_that_used_an_internal_member_would_be_noticed()
        => Assert.Equal(["CS0122"], ErrorsOf(["namespace DmaBuf.Machine; class C { object P => typeof(Extent); }"]).Select(static error => error[..6]));

    private static string Read(string name)
    {
        using StreamReader reader = new(typeof(StrangersDriversTests).Assembly.GetManifestResourceStream(name)!);
        return reader.ReadToEnd();
    }

    private static string[] ErrorsOf(string[] files)
    {
        CSharpParseOptions options = new(LanguageVersion.CSharp14);
        IEnumerable<MetadataReference> references = ((string)AppContext.GetData("TRUSTED_PLATFORM_ASSEMBLIES")!)
            .Split(Path.PathSeparator)
            .Where(static path => Path.GetFileName(path).StartsWith("System.", StringComparison.Ordinal))
            .Append(typeof(DmaBuffer).Assembly.Location)
            .Append(typeof(SoftwareMachine).Assembly.Location)
            .Select(static path => MetadataReference.CreateFromFile(path));
        CSharpCompilation compilation = CSharpCompilation.Create(
            "StrangersDrivers",
            [.. files.Append(Usings).Select(file => CSharpSyntaxTree.ParseText(file, options))],
            references,
            new CSharpCompilationOptions(OutputKind.DynamicallyLinkedLibrary, nullableContextOptions: NullableContextOptions.Enable));
        return [.. compilation.Emit(Stream.Null).Diagnostics.Where(static one => one.Severity == DiagnosticSeverity.Error).Select(static one => $"{one.Id} {one.GetMessage(null)}")];
    }
}
