using System.Reflection;
using System.Text.RegularExpressions;

namespace DmaBuf.Tests.Surface;

/// <summary>Every attach, map and unmap call says its mapping type by its name; the general ones are listed here, and nowhere else.</summary>
public sealed partial class MethodNames
{
    private static readonly string[] s_types = ["ScatterGather", "PhysicalAddressList", "Cpu", "IommuDomain", "Descriptor"];

    private static readonly HashSet<string> s_general =
    [
        // Negotiated: which type it is, is the answer.
        "DmaBuffer.Attach", "DmaBuffer.TryAttach",

        // For the author of a type, protected: the typed calls are made of them.
        "Attachment.Map", "Attachment.MapLocked", "Attachment.Unmap", "Attachment.UnmapLocked", "Mapping.Unmap",

        // What devices and domains do with addresses; no buffer is involved.
        "IDmaDevice.MapRange", "IDmaDevice.UnmapRange", "IIommuDomain.Map", "IIommuDomain.Unmap",
    ];

    [Fact]
    public void Attach_map_and_unmap_say_their_type()
    {
        List<string> unnamed = [];
        HashSet<string> generalSeen = [];
        foreach (Type type in typeof(DmaBuffer).Assembly.GetExportedTypes())
        {
            const BindingFlags Declared = BindingFlags.Public | BindingFlags.NonPublic | BindingFlags.Instance | BindingFlags.Static | BindingFlags.DeclaredOnly;
            foreach (MethodInfo method in type.GetMethods(Declared).Where(static one => IsVisible(one) && Verb().IsMatch(one.Name)))
            {
                string name = $"{type.Name}.{method.Name}";
                bool overrides = method.GetBaseDefinition().DeclaringType != type;
                if (s_general.Contains(name))
                {
                    generalSeen.Add(name);
                }
                else if (!overrides && !method.IsSpecialName && !s_types.Any(word => method.Name.Contains(word, StringComparison.Ordinal)))
                {
                    unnamed.Add(name);
                }
            }
        }

        Assert.Empty(unnamed);
        Assert.Equal(s_general.Order(StringComparer.Ordinal), generalSeen.Order(StringComparer.Ordinal));
    }

    [Theory]
    [InlineData(typeof(ScatterGatherAttachment), "ScatterGather")]
    [InlineData(typeof(PhysicalAddressListAttachment), "PhysicalAddressList")]
    [InlineData(typeof(CpuAttachment), "Cpu")]
    [InlineData(typeof(IommuDomainAttachment), "IommuDomain")]
    [InlineData(typeof(DescriptorAttachment), "Descriptor")]
    public void Each_typed_attachment_has_map_and_unmap_with_and_without_the_lock(Type attachment, string word)
    {
        string[] names = [.. attachment.GetMethods().Select(static method => method.Name)];
        foreach (string name in new[] { $"Map{word}", $"Map{word}Locked", $"Unmap{word}", $"Unmap{word}Locked" })
        {
            Assert.Contains(name, names);
        }
    }

    private static bool IsVisible(MethodInfo method) => method.IsPublic || method.IsFamily || method.IsFamilyOrAssembly;

    [GeneratedRegex("^(Try)?(Attach|Map|Unmap)(?![a-z])")]
    private static partial Regex Verb();
}
