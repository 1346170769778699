using System.Collections.Immutable;
using Microsoft.CodeAnalysis;
using Microsoft.CodeAnalysis.CSharp;

namespace DmaBuf.Tests.Defects;

/// <summary>Compiles a stranger's program against the core, as a stranger could write it.</summary>
internal static class Compilation
{
    private static readonly MetadataReference[] s_references =
    [
        .. ((string)AppContext.GetData("TRUSTED_PLATFORM_ASSEMBLIES")!)
            .Split(Path.PathSeparator)
            .Where(static path => Path.GetFileName(path).StartsWith("System.", StringComparison.Ordinal) || Path.GetFileName(path) == "netstandard.dll")
            .Select(static path => MetadataReference.CreateFromFile(path)),
        MetadataReference.CreateFromFile(typeof(DmaBuffer).Assembly.Location),
    ];

    /// <summary>The errors, in the order of the text; empty if it compiles.</summary>
    internal static string[] ErrorsOf(string program)
    {
        const string Usings = """
            using System;
            using System.Threading;
            using System.Threading.Tasks;
            using DmaBuf;

            """;
        SyntaxTree tree = CSharpSyntaxTree.ParseText(Usings + program, new CSharpParseOptions(LanguageVersion.CSharp14));
        CSharpCompilation compilation = CSharpCompilation.Create(
            "Stranger", [tree], s_references, new CSharpCompilationOptions(OutputKind.DynamicallyLinkedLibrary, nullableContextOptions: NullableContextOptions.Enable));

        // Emitted, because what may not live over an await is only found when the state machine is made.
        ImmutableArray<Diagnostic> diagnostics = compilation.Emit(Stream.Null).Diagnostics;
        return [.. diagnostics.Where(static one => one.Severity == DiagnosticSeverity.Error).Select(static one => one.Id).Distinct()];
    }
}
