using DmaBuf.Testing;

namespace DmaBuf.Tests.Conformance;

/// <summary>Every mapping type of ours passes the kit that is published for strangers' types.</summary>
public sealed class ConformanceTests
{
    private static readonly Dictionary<string, Func<MappingTypeSubject>> s_subjects = new()
    {
        ["Cpu"] = static () => new CpuSubject(),
        ["Descriptor"] = static () => new DescriptorSubject(),
        ["IommuDomain, of an exporter's own operations"] = static () => new DomainSubject(),
        ["IommuDomain, converted"] = static () => new PhysicalSubject.Domain(),
        ["PhysicalAddressList"] = static () => new PhysicalSubject.List(),
        ["ScatterGatherTable, of a simple exporter"] = static () => new TableSubject(),
        ["ScatterGatherTable, converted"] = static () => new PhysicalSubject.Table(),
    };

    public static TheoryData<string> Subjects => [.. s_subjects.Keys];

    [Theory]
    [MemberData(nameof(Subjects))]
    public void Mapping_type_conforms(string name)
    {
        LeakCheck leaks = LeakCheck.Start();
        IReadOnlyList<ConformanceResult> results = MappingTypeConformance.Check(s_subjects[name]);
        Assert.True(results.All(static result => result.Passed), $"{name}\n{string.Join('\n', results)}");
        leaks.Verify();
    }

    [Fact]
    public void No_mapping_type_of_the_core_is_left_out()
    {
        IEnumerable<string> types = typeof(DmaBuffer).Assembly.GetExportedTypes()
            .Where(static type => typeof(MappingType).IsAssignableFrom(type) && !type.IsAbstract)

            // It stands for a type whose codec is not here: nobody can offer it, and it never matches.
            .Where(static type => type != typeof(UndecodedMappingType))
            .Select(static type => type.Name);
        HashSet<string> covered = [.. s_subjects.Values.Select(static create =>
        {
            using MappingTypeSubject subject = create();
            return subject.AcceptedRequest().Type.GetType().Name;
        })];
        Assert.Equal(types.Order(StringComparer.Ordinal), covered.Order(StringComparer.Ordinal));
    }

    [Theory]
    [MemberData(nameof(Subjects))]
    public void No_rule_is_excused_but_those_that_cannot_apply(string name)
    {
        // What a descriptor or a physical address opens stays open, spans cannot be kept, and only devices look through a page table.
        string[] excused = name.Split(',')[0] switch
        {
            "Cpu" or "Descriptor" or "PhysicalAddressList" => ["WayInClosesWithUnmap", "StaticImporterRefused", "WayInClosesWithRevoke"],
            "IommuDomain" => ["NoAccessAfterUnmap", "UnmapWaitsForAccess", "AccessesRunSideBySide", "StaticImporterRefused", "TakenFromUnderAccess"],
            _ => ["StaticImporterRefused"],
        };
        Assert.Equal(
            excused,
            MappingTypeConformance.Check(s_subjects[name]).Where(static result => result.Verdict == ConformanceVerdict.NotChecked)
                .Select(static result => result.Rule.Name));
    }
}
