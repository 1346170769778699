using DmaBuf.Testing;

namespace DmaBuf.Machine.Tests.Drivers;

/// <summary>Each driver's exporter, and each of the strangers' mapping types, passes the kit.</summary>
public sealed class DriverConformanceTests
{
    public static TheoryData<string> Subjects => [.. DriverSubjects.All.Keys];

    [Theory]
    [MemberData(nameof(Subjects))]
    public void Driver_conforms(string name)
    {
        LeakCheck leaks = LeakCheck.Start();
        IReadOnlyList<ConformanceResult> results = MappingTypeConformance.Check(DriverSubjects.All[name]);
        Assert.True(results.All(static result => result.Passed), $"{name}\n{string.Join('\n', results)}");
        leaks.Verify();
    }
}
