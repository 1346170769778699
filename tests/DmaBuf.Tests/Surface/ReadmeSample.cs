using System.Reflection;
using System.Security.Cryptography;
using System.Text.RegularExpressions;
using DmaBuf.Linux;
using DmaBuf.Testing;
using Microsoft.CodeAnalysis;
using Microsoft.CodeAnalysis.CSharp;

namespace DmaBuf.Tests.Surface;

/// <summary>README.md tells the truth: its program compiles, prints the checksum of real memory, and explains a refusal.</summary>
public sealed partial class ReadmeSample
{
    private static readonly byte[] s_contents = [.. Enumerable.Range(0, 4096).Select(static at => (byte)(at * 7))];

    [Fact]
    public void The_program_compiles_prints_a_checksum_and_explains_a_refusal()
    {
        Assert.SkipUnless(OperatingSystem.IsLinux(), "The memory is of memfd_create.");
        Action<DmaBuffer> print = Compiled();
        LeakCheck leaks = LeakCheck.Start();
        Assert.Equal($"None: {Convert.ToHexString(SHA256.HashData(s_contents))}", Printed(print, MemoryOf(s_contents)));
        DescriptorFacts onlyForDevices = new() { Kind = DescriptorKind.DmaBuf, Memory = DescriptorMemory.Mmio, ExporterName = "device" };
        Assert.Contains("checksum", Printed(print, DmaBuffer.Export(new Unreadable(onlyForDevices), 4096)), StringComparison.Ordinal);
        leaks.Verify();
    }

    private static string Printed(Action<DmaBuffer> print, DmaBuffer made)
    {
        using DmaBuffer buffer = made;
        TextWriter before = Console.Out;
        using StringWriter output = new();
        Console.SetOut(output);
        try
        {
            print(buffer);
        }
        finally
        {
            Console.SetOut(before);
        }

        return output.ToString().Trim();
    }

    private static DmaBuffer MemoryOf(byte[] contents)
    {
        MemoryFile file = MemoryFile.Create("readme", (ulong)contents.Length);
        using (MemoryMapping mapping = file.Map(MemoryProtection.ReadWrite))
        {
            contents.CopyTo(mapping.Window(0, contents.Length));
        }

        file.Seal(MemorySeals.FixedSize);
        return MemoryFileExporter.Export(file);
    }

    private static Action<DmaBuffer> Compiled()
    {
        string program = Assert.Single(Program().Matches(File.ReadAllText(Path.Combine(Root(), "README.md"))).Select(static match => match.Groups[1].Value));
        string inClass = program.Replace("static void PrintChecksum", "public static class Sample { public static void PrintChecksum", StringComparison.Ordinal) + "}";
        CSharpCompilation compilation = CSharpCompilation.Create(
            "Readme",
            [CSharpSyntaxTree.ParseText("global using global::System;"), CSharpSyntaxTree.ParseText(inClass)],
            ((string)AppContext.GetData("TRUSTED_PLATFORM_ASSEMBLIES")!).Split(Path.PathSeparator).Select(static path => MetadataReference.CreateFromFile(path)),
            new CSharpCompilationOptions(OutputKind.DynamicallyLinkedLibrary, nullableContextOptions: NullableContextOptions.Enable));
        using MemoryStream image = new();
        Diagnostic[] errors = [.. compilation.Emit(image).Diagnostics.Where(static one => one.Severity >= DiagnosticSeverity.Warning)];
        Assert.True(errors.Length == 0, string.Join('\n', errors.Select(static one => one.ToString())));
        return Assembly.Load(image.ToArray()).GetType("Sample")!.GetMethod("PrintChecksum")!.CreateDelegate<Action<DmaBuffer>>();
    }

    private static string Root()
    {
        DirectoryInfo? folder = new(AppContext.BaseDirectory);
        while (folder is not null && !File.Exists(Path.Combine(folder.FullName, "DmaBuf.slnx")))
        {
            folder = folder.Parent;
        }

        return folder?.FullName ?? throw new InvalidOperationException("The tests run outside the repository, which holds README.md.");
    }

    [GeneratedRegex(@"```csharp\n(.*?)```", RegexOptions.Singleline)]
    private static partial Regex Program();

    /// <summary>Offers a descriptor, and nothing that the CPU reads.</summary>
    private sealed class Unreadable(DescriptorFacts facts) : DmaBufferExporter("device"), IDescriptorOperations
    {
        protected internal override OfferSource Offers => OfferSource.Single(DescriptorMappingType.Offer(this, facts));

        public System.Runtime.InteropServices.SafeHandle OpenDescriptor(DescriptorAttachment attachment, in ReservationLock held) => throw new DmaBufException(Errno.EOPNOTSUPP, "Nobody asks.");

        protected internal override void OnRelease(DmaBuffer buffer)
        {
        }
    }
}
