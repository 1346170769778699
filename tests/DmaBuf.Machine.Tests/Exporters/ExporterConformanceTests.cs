using DmaBuf.Testing;

namespace DmaBuf.Machine.Tests;

public sealed class ExporterConformanceTests
{
    public static TheoryData<string, Func<MappingTypeSubject>> Subjects => new()
    {
        { "RAM, table behind an IOMMU", static () => new ExporterSubject.Table(physical: false, SampleMachine.IommuEngine) },
        { "RAM, table without an IOMMU", static () => new ExporterSubject.Table(physical: false, SampleMachine.DirectEngine) },
        { "physical RAM, list", static () => new ExporterSubject.List() },
        { "physical RAM, converted table behind an IOMMU", static () => new ExporterSubject.Table(physical: true, SampleMachine.IommuEngine) },
        { "physical RAM, converted table without an IOMMU", static () => new ExporterSubject.Table(physical: true, SampleMachine.DirectEngine) },
    };

    [Theory]
    [MemberData(nameof(Subjects), DisableDiscoveryEnumeration = true)]
    public void Exporter_conforms(string name, Func<MappingTypeSubject> subject)
    {
        LeakCheck leaks = LeakCheck.Start();
        IReadOnlyList<ConformanceResult> results = MappingTypeConformance.Check(subject());
        Assert.True(results.All(static result => result.Passed), $"{name}\n{string.Join('\n', results)}");
        leaks.Verify();
    }
}
