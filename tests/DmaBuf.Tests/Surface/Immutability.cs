using System.Reflection;
using System.Runtime.CompilerServices;

namespace DmaBuf.Tests.Surface;

/// <summary>Nothing public can be changed from outside, except what is named here.</summary>
public sealed class Immutability
{
    private static readonly string[] s_settable = ["DmaBuffer.Name"];

    [Fact]
    public void No_property_has_a_public_setter()
    {
        IEnumerable<string> settable =
            from type in typeof(DmaBuffer).Assembly.GetExportedTypes()
            from property in type.GetProperties(BindingFlags.Public | BindingFlags.Instance | BindingFlags.Static | BindingFlags.DeclaredOnly)
            where property.SetMethod is { IsPublic: true } setter
                && !setter.ReturnParameter.GetRequiredCustomModifiers().Contains(typeof(IsExternalInit))
            select $"{type.Name}.{property.Name}";
        Assert.Equal(s_settable, settable);
    }

    [Fact]
    public void No_field_is_public_unless_it_is_constant()
    {
        IEnumerable<string> fields =
            from type in typeof(DmaBuffer).Assembly.GetExportedTypes()
            where !type.IsEnum
            from field in type.GetFields(BindingFlags.Public | BindingFlags.Instance | BindingFlags.Static | BindingFlags.DeclaredOnly)
            where !field.IsLiteral
            select $"{type.Name}.{field.Name}";
        Assert.Empty(fields);
    }

    [Fact]
    public void Classes_are_sealed_static_or_made_for_inheritance()
    {
        string[] derivable = ["DmaBufferImporter", "DmaBufException"];
        IEnumerable<string> open =
            from type in typeof(DmaBuffer).Assembly.GetExportedTypes()
            where type is { IsClass: true, IsSealed: false, IsAbstract: false }
            select type.Name;
        Assert.Equal(derivable.Order(StringComparer.Ordinal), open.Order(StringComparer.Ordinal));
    }
}
