using System.Reflection;
using System.Xml.Linq;

namespace DmaBuf.Tests.Surface;

/// <summary>Each public type says in its documentation which calls are safe from several threads, in the words of <see cref="ThreadSafetyWords"/>.</summary>
public sealed class ThreadSafety
{
    [Theory]
    [InlineData("DmaBuf")]
    [InlineData("DmaBuf.Linux")]
    [InlineData("DmaBuf.Machine")]
    [InlineData("DmaBuf.Sharing")]
    [InlineData("DmaBuf.Testing")]
    public void Each_public_type_states_its_thread_safety(string library)
    {
        Dictionary<string, XElement> documentation = XDocument.Load(Path.Combine(AppContext.BaseDirectory, library + ".xml"))
            .Descendants("member").ToDictionary(static member => member.Attribute("name")!.Value);
        Type[] types = [.. Assembly.Load(library).GetExportedTypes().Where(static type => !IsExempt(type))];
        Assert.NotEmpty(types);
        string[] silent = [.. types.Where(type => !ThreadSafetyWords.StandIn(documentation[$"T:{type.FullName!.Replace('+', '.')}"])).Select(static type => type.Name)];
        Assert.True(silent.Length == 0, $"{library}: {silent.Length} types do not say what several threads may do with them: {string.Join(", ", silent)}");
    }

    [Theory]
    [InlineData("Immutable.", true)]
    [InlineData("Safe for all threads.", true)]
    [InlineData("Threads: one at a time.", true)]
    [InlineData("Used by one\n  thread.", true)]
    [InlineData("One queue, one thread of work.", false)]
    [InlineData("", false)]
    public void The_words_are_recognised(string documentation, bool expected)
        => Assert.Equal(expected, ThreadSafetyWords.StandIn(new XElement("member", new XElement("remarks", documentation))));

    /// <summary>Nothing can be shared wrongly of a number's name, of an exception that was thrown, of a method's shape or of constants.</summary>
    private static bool IsExempt(Type type)
        => type.IsEnum || typeof(Exception).IsAssignableFrom(type) || typeof(Delegate).IsAssignableFrom(type) || HoldsConstantsAlone(type);

    private static bool HoldsConstantsAlone(Type type)
        => type is { IsAbstract: true, IsSealed: true }
            && type.GetMembers(BindingFlags.Public | BindingFlags.Static | BindingFlags.DeclaredOnly).All(static member => member is FieldInfo { IsLiteral: true });
}
