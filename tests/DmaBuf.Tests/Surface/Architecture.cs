using System.Reflection;
using System.Reflection.Metadata;
using System.Reflection.PortableExecutable;
using System.Security;
using System.Text.RegularExpressions;
using System.Xml.Linq;

namespace DmaBuf.Tests.Surface;

/// <summary>The arrows of the design, read from the assemblies and the project files: who may know whom, and where the machine is touched.</summary>
public sealed partial class Architecture
{
    private static readonly Dictionary<string, string[]> s_mayKnow = new()
    {
        ["DmaBuf"] = [],
        ["DmaBuf.Machine"] = ["DmaBuf"],
        ["DmaBuf.Testing"] = ["DmaBuf"],
        ["DmaBuf.Linux"] = ["DmaBuf"],
        ["DmaBuf.Sharing"] = ["DmaBuf", "DmaBuf.Linux"],
        ["DmaBuf.Tool"] = ["DmaBuf", "DmaBuf.Linux", "DmaBuf.Machine", "DmaBuf.Sharing"],
    };

    [Fact]
    public void No_project_knows_what_it_may_not()
    {
        string[] projects = Directory.GetFiles(Path.Combine(Root(), "src"), "*.csproj", SearchOption.AllDirectories);
        Assert.Contains(projects, static path => Path.GetFileNameWithoutExtension(path) == "DmaBuf");
        foreach (string project in projects)
        {
            string name = Path.GetFileNameWithoutExtension(project);
            Assert.True(s_mayKnow.TryGetValue(name, out string[]? allowed), $"{name} has no place in the design yet; give it one here");
            IEnumerable<string> known = XDocument.Load(project).Descendants("ProjectReference")
                .Select(static reference => Path.GetFileNameWithoutExtension(reference.Attribute("Include")!.Value.Replace('\\', '/')));
            Assert.Empty(known.Except(allowed));
        }
    }

    [Fact]
    public void The_core_knows_the_framework_alone_and_the_others_only_downwards()
    {
        Assembly[] assemblies = [typeof(DmaBuffer).Assembly, Assembly.Load("DmaBuf.Machine"), Assembly.Load("DmaBuf.Testing"), Assembly.Load("DmaBuf.Linux"), Assembly.Load("DmaBuf.Sharing")];
        foreach (Assembly assembly in assemblies)
        {
            string[] allowed = s_mayKnow[assembly.GetName().Name!];
            IEnumerable<string> known = assembly.GetReferencedAssemblies().Select(static one => one.Name!)
                .Where(static name => !name.StartsWith("System.", StringComparison.Ordinal));
            Assert.Empty(known.Except(allowed));
        }
    }

    [Fact]
    public void The_core_has_no_package()
        => Assert.DoesNotContain(
            XDocument.Load(Path.Combine(Root(), "src", "DmaBuf", "DmaBuf.csproj")).Descendants("PackageReference"),
            static reference => (string?)reference.Attribute("PrivateAssets") != "all");

    [Theory]
    [InlineData("DmaBuf")]
    [InlineData("DmaBuf.Machine")]
    [InlineData("DmaBuf.Testing")]
    [InlineData("DmaBuf.Sharing")]
    public void No_native_call_and_no_unsafe_code_outside_the_kernel_interfaces(string name)
    {
        Assembly assembly = Assembly.Load(name);
        Assert.Null(assembly.ManifestModule.GetCustomAttribute<UnverifiableCodeAttribute>());
        using FileStream file = File.OpenRead(assembly.Location);
        using PEReader executable = new(file);
        MetadataReader metadata = executable.GetMetadataReader();
        IEnumerable<string> native =
            from handle in metadata.MethodDefinitions
            let method = metadata.GetMethodDefinition(handle)
            where (method.Attributes & MethodAttributes.PinvokeImpl) != 0
            select metadata.GetString(method.Name);
        Assert.Empty(native);
    }

    [Fact]
    public void Native_signatures_stand_in_one_folder()
    {
        string interop = Path.Combine("DmaBuf.Linux", "Interop") + Path.DirectorySeparatorChar;
        IEnumerable<string> elsewhere = Sources()
            .Where(path => !path.Contains(interop, StringComparison.Ordinal) && NativeSignature().IsMatch(File.ReadAllText(path)))
            .Select(path => Path.GetRelativePath(Root(), path));
        Assert.Empty(elsewhere);
    }

    private static IEnumerable<string> Sources()
        => Directory.EnumerateFiles(Path.Combine(Root(), "src"), "*.cs", SearchOption.AllDirectories)
            .Where(static path => !path.Contains($"{Path.DirectorySeparatorChar}obj{Path.DirectorySeparatorChar}", StringComparison.Ordinal));

    private static string Root()
    {
        DirectoryInfo? folder = new(AppContext.BaseDirectory);
        while (folder is not null && !File.Exists(Path.Combine(folder.FullName, "Directory.Packages.props")))
        {
            folder = folder.Parent;
        }

        Assert.True(folder is not null, "the tests do not run in a checkout, so there are no project files to read");
        return folder.FullName;
    }

    [GeneratedRegex(@"\[(DllImport|LibraryImport)\b")]
    private static partial Regex NativeSignature();
}
