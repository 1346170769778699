using System.Globalization;
using System.Reflection;
using System.Runtime.InteropServices;
using System.Text;

namespace DmaBuf.Linux.Tests;

/// <summary>
/// Every constant and every layout of <see cref="Libc"/> is found by reflection, written down as assertions in C, and compiled
/// against the headers of this machine.
/// </summary>
public sealed class NativeLayoutTests : LeakCheckedTest
{
    private const BindingFlags Internal = BindingFlags.Static | BindingFlags.Instance | BindingFlags.NonPublic | BindingFlags.Public;

    private const string Headers = """
        #define _GNU_SOURCE
        #include <stddef.h>
        #include <dirent.h>
        #include <fcntl.h>
        #include <time.h>
        #include <sys/epoll.h>
        #include <sys/file.h>
        #include <sys/mman.h>
        #include <sys/socket.h>
        #include <sys/stat.h>
        #include <sys/uio.h>
        #include <sys/vfs.h>
        #include <unistd.h>
        #include <linux/magic.h>
        #include <linux/memfd.h>

        """;

    /// <summary>Younger than the headers of some supported distributions; asserted where the headers know them.</summary>
    private static readonly string[] Young = ["MFD_NOEXEC_SEAL", "F_SEAL_EXEC", "SO_PEERPIDFD"];

    [Fact]
    public void Constants_are_those_of_the_headers()
    {
        CCompiler.SkipUnlessThere();
        List<(string Name, long Value)> constants = Constants();
        Assert.True(constants.Count > 50);
        Assert.Equal("", CCompiler.Compile(Assertions(constants), "-fsyntax-only"));
    }

    [Fact]
    public void Layouts_are_those_of_the_headers()
    {
        CCompiler.SkipUnlessThere();
        List<Type> structures = [.. typeof(Libc).GetNestedTypes(Internal).Where(type => type.IsValueType)];
        Assert.Equal(7, structures.Count);
        StringBuilder source = new(Headers);
        foreach (Type structure in structures)
        {
            string name = "struct " + structure.Name.ToLowerInvariant();
            source.AppendLine(CultureInfo.InvariantCulture, $"_Static_assert(sizeof({name}) == {structure.StructLayoutAttribute!.Size}, \"{name}\");");
            foreach (FieldInfo field in structure.GetFields(Internal))
            {
                int offset = field.GetCustomAttribute<FieldOffsetAttribute>()!.Value;
                source.AppendLine(CultureInfo.InvariantCulture, $"_Static_assert(offsetof({name}, {field.Name}) == {offset}, \"{name}.{field.Name}\");");
                source.AppendLine(CultureInfo.InvariantCulture, $"_Static_assert(sizeof((({name} *)0)->{field.Name}) == {SizeOf(field.FieldType)}, \"{name}.{field.Name}\");");
            }
        }
        source.AppendLine(CultureInfo.InvariantCulture, $"_Static_assert(sizeof(struct epoll_event) == {Libc.EpollEvent.Size}, \"epoll_event\");");
        source.AppendLine(CultureInfo.InvariantCulture, $"_Static_assert(offsetof(struct epoll_event, data) == {Libc.EpollEvent.DataOffset}, \"epoll_event.data\");");
        source.AppendLine(CultureInfo.InvariantCulture, $"_Static_assert(offsetof(struct dirent64, d_reclen) == {Libc.Dirent64.LengthOffset}, \"dirent64.d_reclen\");");
        source.AppendLine(CultureInfo.InvariantCulture, $"_Static_assert(offsetof(struct dirent64, d_name) == {Libc.Dirent64.NameOffset}, \"dirent64.d_name\");");
        Assert.Equal("", CCompiler.Compile(source.ToString(), "-fsyntax-only"));
    }

    [Fact]
    public void A_wrong_number_does_not_compile()
    {
        CCompiler.SkipUnlessThere();
        Assert.Contains("PROT_WRITE", CCompiler.Compile(Assertions([("PROT_WRITE", 3)]), "-fsyntax-only"), StringComparison.Ordinal);
    }

    [Fact]
    public void The_public_seals_have_the_kernels_values()
    {
        Assert.Equal(Libc.F_SEAL_SEAL, (int)MemorySeals.Seal);
        Assert.Equal(Libc.F_SEAL_SHRINK, (int)MemorySeals.Shrink);
        Assert.Equal(Libc.F_SEAL_GROW, (int)MemorySeals.Grow);
        Assert.Equal(Libc.F_SEAL_WRITE, (int)MemorySeals.Write);
        Assert.Equal(Libc.F_SEAL_FUTURE_WRITE, (int)MemorySeals.FutureWrite);
        Assert.Equal(Libc.F_SEAL_EXEC, (int)MemorySeals.Execute);
    }

    private static List<(string Name, long Value)> Constants() =>
        [.. typeof(Libc).GetFields(Internal)
            .Where(field => field.IsLiteral && field.FieldType != typeof(string))
            .Select(field => (field.Name, Convert.ToInt64(field.GetRawConstantValue(), CultureInfo.InvariantCulture)))];

    private static string Assertions(List<(string Name, long Value)> constants)
    {
        StringBuilder source = new(Headers);
        foreach ((string name, long value) in constants)
        {
            string assertion = $"_Static_assert((long long)({name}) == {value}LL, \"{name}\");";
            source.AppendLine(Young.Contains(name) ? $"#ifdef {name}\n{assertion}\n#endif" : assertion);
        }
        return source.ToString();
    }

    private static int SizeOf(Type type) => type.IsPointer ? nint.Size : Marshal.SizeOf(type);
}
