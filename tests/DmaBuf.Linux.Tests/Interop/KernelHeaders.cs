using System.Globalization;
using System.Reflection;
using System.Runtime.InteropServices;

namespace DmaBuf.Linux.Tests;

/// <summary>Every class of the assembly that repeats a kernel header, and what it claims of that header, found by reflection.</summary>
internal static class KernelHeaders
{
    private const BindingFlags Members = BindingFlags.Static | BindingFlags.Instance | BindingFlags.NonPublic | BindingFlags.Public | BindingFlags.DeclaredOnly;

    internal static List<Type> Classes { get; } = [.. typeof(DmaBufUapi).Assembly.GetTypes()
        .Where(type => type.GetCustomAttribute<KernelHeaderAttribute>() is not null)
        .OrderBy(type => type.Name, StringComparer.Ordinal)];

    internal static string PathOf(Type header) => header.GetCustomAttribute<KernelHeaderAttribute>()!.Path;

    internal static IEnumerable<KernelFact> FactsOf(Type header)
    {
        bool isYoung = IsYoung(header);
        foreach (FieldInfo field in header.GetFields(Members).Where(field => field.IsStatic && field.FieldType != typeof(string)))
            yield return new(field.Name, ToInt64(field.IsLiteral ? field.GetRawConstantValue()! : field.GetValue(null)!), isYoung || IsYoung(field));

        foreach (Type structure in header.GetNestedTypes(Members).Where(type => type.IsValueType))
        {
            bool young = isYoung || IsYoung(structure);
            string name = "struct " + structure.Name;
            yield return new($"sizeof({name})", structure.StructLayoutAttribute!.Size, young);
            foreach (FieldInfo field in structure.GetFields(Members))
                yield return new($"offsetof({name}, {field.Name})", field.GetCustomAttribute<FieldOffsetAttribute>()!.Value, young || IsYoung(field));
        }
    }

    private static bool IsYoung(MemberInfo member) => member.GetCustomAttribute<SinceKernelAttribute>() is not null;

    private static long ToInt64(object value) => value is ulong number ? unchecked((long)number) : Convert.ToInt64(value, CultureInfo.InvariantCulture);
}
