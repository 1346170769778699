using DmaBuf.Testing;

namespace DmaBuf.Tests.Conformance;

/// <summary>Every mapping type of ours passes the kit that is published for strangers' types.</summary>
public sealed class ConformanceTests
{
    public static TheoryData<string, Func<MappingTypeSubject>> Subjects => new()
    {
        { "Cpu", static () => new CpuSubject() },
        { "Descriptor", static () => new DescriptorSubject() },
        { "PhysicalAddressList", static () => new PhysicalSubject.List() },
        { "ScatterGatherTable, converted", static () => new PhysicalSubject.Table() },
    };

    [Theory]
    [MemberData(nameof(Subjects), DisableDiscoveryEnumeration = true)]
    public void Mapping_type_conforms(string name, Func<MappingTypeSubject> subject)
    {
        LeakCheck leaks = LeakCheck.Start();
        IReadOnlyList<ConformanceResult> results = MappingTypeConformance.Check(subject());
        Assert.True(results.All(static result => result.Passed), $"{name}\n{string.Join('\n', results)}");
        leaks.Verify();
    }
}
