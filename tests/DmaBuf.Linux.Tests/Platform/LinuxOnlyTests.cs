using System.Reflection;

namespace DmaBuf.Linux.Tests;

public sealed class LinuxOnlyTests : LeakCheckedTest
{
    private const byte CallInstruction = 0x28;

    [Fact]
    public void The_refusal_says_which_system_this_is_and_what_works_there()
    {
        string message = LinuxOnly.Refusal("Plan 9").Message;
        Assert.Contains("Plan 9", message, StringComparison.Ordinal);
        Assert.Contains("DmaBuf.Machine", message, StringComparison.Ordinal);
    }

    [Fact]
    public void Every_public_entry_passes_the_gate()
    {
        List<MethodBase> entries = [.. typeof(LinuxOnly).Assembly.GetExportedTypes().Where(IsMadeOfCode).SelectMany(Entries)];
        Assert.Contains(entries, entry => entry.Name == nameof(MemoryFile.Create));
        Assert.Contains(entries, entry => entry.Name == nameof(DescriptorListener.Listen));
        Assert.All(entries, entry => Assert.True(PassesTheGate(entry), $"{entry.DeclaringType!.Name}.{entry.Name} does not call {nameof(LinuxOnly)}."));
    }

    [Fact]
    public void The_search_for_the_gate_can_fail() =>
        Assert.False(PassesTheGate(typeof(OpenFileFacts).GetProperty(nameof(OpenFileFacts.BlocksExist))!.GetMethod!));

    private static bool IsMadeOfCode(Type type) => !type.IsEnum && !typeof(Exception).IsAssignableFrom(type);

    /// <summary>Ways to come from nothing to the kernel: public static methods, and public constructors of classes that are no plain values.</summary>
    private static IEnumerable<MethodBase> Entries(Type type)
    {
        foreach (MethodInfo method in type.GetMethods(BindingFlags.Public | BindingFlags.Static | BindingFlags.DeclaredOnly))
        {
            if (!method.IsSpecialName)
            {
                yield return method;
            }
        }
        foreach (ConstructorInfo constructor in type.GetConstructors())
        {
            if (typeof(IDisposable).IsAssignableFrom(type))
            {
                yield return constructor;
            }
        }
    }

    private static bool PassesTheGate(MethodBase method)
    {
        byte[] code = method.GetMethodBody()!.GetILAsByteArray()!;
        MethodInfo gate = typeof(LinuxOnly).GetMethod(nameof(LinuxOnly.Ensure), BindingFlags.Static | BindingFlags.NonPublic)!;
        byte[] call = [CallInstruction, .. BitConverter.GetBytes(gate.MetadataToken)];
        return code.AsSpan().IndexOf(call) >= 0;
    }
}
