using System.Reflection;
using System.Text.RegularExpressions;
using DmaBuf.Testing;
using Microsoft.CodeAnalysis;
using Microsoft.CodeAnalysis.CSharp;

namespace DmaBuf.Tests.Surface;

/// <summary>docs/conformance.md tells the truth: its program compiles and passes, and its table has every rule with its meaning.</summary>
public sealed partial class ConformanceDocument
{
    private static readonly string s_text = File.ReadAllText(Path.Combine(Root(), "docs", "conformance.md"));

    [Fact]
    public void The_program_compiles_and_passes()
    {
        string program = Assert.Single(Program().Matches(s_text).Select(static match => match.Groups[1].Value));
        using MemoryStream image = new();
        Diagnostic[] errors = [.. Compile(program).Emit(image).Diagnostics.Where(static one => one.Severity >= DiagnosticSeverity.Warning)];
        Assert.True(errors.Length == 0, string.Join('\n', errors.Select(static one => one.ToString())));
        LeakCheck leaks = LeakCheck.Start();
        MethodInfo test = Assembly.Load(image.ToArray()).GetType("FabricConformance")!.GetMethod("The_fabric_type_conforms")!;
        test.CreateDelegate<Action>()();
        leaks.Verify();
    }

    [Fact]
    public void The_table_has_every_rule_with_its_meaning()
    {
        IEnumerable<string> rows = Row().Matches(s_text).Select(static match => $"{match.Groups[1].Value}: {match.Groups[2].Value}");
        Assert.Equal(MappingTypeConformance.Rules.Select(static rule => $"{rule.Name}: {rule.Meaning}"), rows);
    }

    private static CSharpCompilation Compile(string program)
    {
        // As the template of a console or test project has it.
        const string ImplicitUsings = "global using global::System;";
        string[] platform = ((string)AppContext.GetData("TRUSTED_PLATFORM_ASSEMBLIES")!).Split(Path.PathSeparator);
        return CSharpCompilation.Create(
            "StrangersTests",
            [CSharpSyntaxTree.ParseText(ImplicitUsings), CSharpSyntaxTree.ParseText(program)],
            platform.Select(static path => MetadataReference.CreateFromFile(path)),
            new CSharpCompilationOptions(OutputKind.DynamicallyLinkedLibrary, nullableContextOptions: NullableContextOptions.Enable));
    }

    private static string Root()
    {
        DirectoryInfo? folder = new(AppContext.BaseDirectory);
        while (folder is not null && !File.Exists(Path.Combine(folder.FullName, "DmaBuf.slnx")))
        {
            folder = folder.Parent;
        }

        return folder?.FullName ?? throw new InvalidOperationException("The tests run outside the repository, which holds docs/conformance.md.");
    }

    [GeneratedRegex(@"```csharp\n(.*?)```", RegexOptions.Singleline)]
    private static partial Regex Program();

    [GeneratedRegex(@"^\| `(\w+)` \| ([^|]*) \| (?:each|static|dynamic) \|", RegexOptions.Multiline)]
    private static partial Regex Row();
}
