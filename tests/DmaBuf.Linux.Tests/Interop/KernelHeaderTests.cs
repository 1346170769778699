using System.Globalization;
using System.Reflection;
using System.Runtime.InteropServices;
using System.Text;

namespace DmaBuf.Linux.Tests;

/// <summary>
/// Every class that repeats a kernel header is found by reflection, written down as assertions in C, and compiled against that header of this machine. What the header is too
/// old for is compared with the numbers that were recorded from the kernel that has it.
/// </summary>
public sealed class KernelHeaderTests : LeakCheckedTest
{
    private const BindingFlags Members = BindingFlags.Static | BindingFlags.Instance | BindingFlags.NonPublic | BindingFlags.Public | BindingFlags.DeclaredOnly;

    public static TheoryData<string> Headers() => [.. Classes().Select(type => type.Name)];

    [Theory]
    [MemberData(nameof(Headers))]
    public void Numbers_and_layouts_are_those_of_the_header(string name)
    {
        CCompiler.SkipUnlessThere();
        Type header = Classes().Single(type => type.Name == name);
        string path = header.GetCustomAttribute<KernelHeaderAttribute>()!.Path;
        StringBuilder source = new($"#include <stddef.h>\n#if __has_include(<{path}>)\n#include <{path}>\n");
        foreach ((string expression, long value, bool isYoung) in Facts(header))
        {
            // A young constant can be asked for by name; of a young structure only the recorded numbers tell.
            bool isName = expression.All(letter => char.IsAsciiLetterOrDigit(letter) || letter == '_');
            if (isYoung && !isName)
                continue;
            string assertion = $"_Static_assert((unsigned long long)({expression}) == {unchecked((ulong)value)}ULL, \"{expression}\");";
            source.AppendLine(isYoung ? $"#ifdef {expression}\n{assertion}\n#endif" : assertion);
        }

        source.AppendLine("#endif");
        Assert.Equal("", CCompiler.Compile(source.ToString(), "-fsyntax-only"));
    }

    private static IEnumerable<Type> Classes() => typeof(DmaBufUapi).Assembly.GetTypes().Where(type => type.GetCustomAttribute<KernelHeaderAttribute>() is not null);

    private static IEnumerable<(string Expression, long Value, bool IsYoung)> Facts(Type header)
    {
        bool isYoung = IsYoung(header);
        foreach (FieldInfo field in header.GetFields(Members).Where(field => field.IsStatic))
        {
            if (field.FieldType != typeof(string))
                yield return (field.Name, ToInt64(field.IsLiteral ? field.GetRawConstantValue()! : field.GetValue(null)!), isYoung || IsYoung(field));
        }

        foreach (Type structure in header.GetNestedTypes(Members).Where(type => type.IsValueType))
        {
            bool young = isYoung || IsYoung(structure);
            string name = "struct " + structure.Name;
            yield return ($"sizeof({name})", structure.StructLayoutAttribute!.Size, young);
            foreach (FieldInfo field in structure.GetFields(Members))
                yield return ($"offsetof({name}, {field.Name})", field.GetCustomAttribute<FieldOffsetAttribute>()!.Value, young || IsYoung(field));
        }
    }

    private static bool IsYoung(MemberInfo member) => member.GetCustomAttribute<SinceKernelAttribute>() is not null;

    private static long ToInt64(object value) => value is ulong number ? unchecked((long)number) : Convert.ToInt64(value, CultureInfo.InvariantCulture);
}
