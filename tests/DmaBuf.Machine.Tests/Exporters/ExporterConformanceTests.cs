using DmaBuf.Machine.Tests.Drivers;
using DmaBuf.Testing;

namespace DmaBuf.Machine.Tests;

/// <summary>Every exporter of the machine passes the kit with every mapping type that it serves and every path to the memory.</summary>
public sealed class ExporterConformanceTests
{
    private const ulong Size = 3 * Expect.Page;

    private static readonly Dictionary<string, Func<MappingTypeSubject>> s_subjects = new()
    {
        ["RAM, table behind an IOMMU"] = static () => new ExporterSubject.Table(Ram, SampleMachine.IommuEngine),
        ["RAM, table without an IOMMU"] = static () => new ExporterSubject.Table(Ram, SampleMachine.DirectEngine),
        ["physical RAM, list"] = static () => new ExporterSubject.List(PhysicalRam, PhysicalMemoryKind.Ram),
        ["physical RAM, converted table behind an IOMMU"] = static () => new ExporterSubject.Table(PhysicalRam, SampleMachine.IommuEngine),
        ["physical RAM, converted table without an IOMMU"] = static () => new ExporterSubject.Table(PhysicalRam, SampleMachine.DirectEngine),
        ["physical RAM, domain"] = static () => new ExporterSubject.Domain(PhysicalRam),
        ["BAR, list"] = static () => new ExporterSubject.List(Bar, PhysicalMemoryKind.Mmio),
        ["BAR, converted table by bus address"] = static () => new ExporterSubject.Table(Bar, SampleMachine.PeerEngine, PeerToPeerAcceptance.Accepted),
        ["BAR, converted table through the host bridge"] = static () => new ExporterSubject.Table(Bar, SampleMachine.IommuEngine, PeerToPeerAcceptance.Accepted),
        ["BAR, converted table without an IOMMU"] = static () => new ExporterSubject.Table(Bar, SampleMachine.DirectEngine, PeerToPeerAcceptance.Accepted),
        ["BAR, domain"] = static () => new ExporterSubject.Domain(Bar),
        ["BAR for peers, table by bus address"] = static () => new ExporterSubject.Table(PeerBar, SampleMachine.PeerEngine, PeerToPeerAcceptance.Accepted),
        ["BAR for peers, table through the host bridge"] = static () => new ExporterSubject.Table(PeerBar, SampleMachine.IommuEngine, PeerToPeerAcceptance.Accepted),
        ["BAR for peers, table without an IOMMU"] = static () => new ExporterSubject.Table(PeerBar, SampleMachine.DirectEngine, PeerToPeerAcceptance.Accepted),
    };

    public static TheoryData<string> Subjects => [.. s_subjects.Keys];

    [Theory]
    [MemberData(nameof(Subjects))]
    public void Exporter_conforms(string name)
    {
        LeakCheck leaks = LeakCheck.Start();
        IReadOnlyList<ConformanceResult> results = MappingTypeConformance.Check(s_subjects[name]);
        Assert.True(results.All(static result => result.Passed), $"{name}\n{string.Join('\n', results)}");
        leaks.Verify();
    }

    [Fact]
    public void No_exporter_of_the_machine_is_left_out()
    {
        IEnumerable<string> exporters = typeof(MachineExporter).Assembly.GetTypes()
            .Where(static type => typeof(DmaBufferExporter).IsAssignableFrom(type) && !type.IsAbstract)
            .Select(static type => type.Name);
        HashSet<string> covered = [.. DriverSubjects.Unmappable, .. s_subjects.Values.Concat(DriverSubjects.All.Values).Select(static create =>
        {
            using MappingTypeSubject subject = create();
            using DmaBuffer buffer = subject.Export(new DmaBufferExportOptions { Registry = new DmaBufferRegistry() });
            return buffer.Exporter.GetType().Name;
        })];
        Assert.Equal(exporters.Order(StringComparer.Ordinal), covered.Order(StringComparer.Ordinal));
    }

    private static DmaBuffer Ram(SoftwareMachine machine, DmaBufferExportOptions options) => RamExporter.Export(machine, Size, options);

    private static DmaBuffer PhysicalRam(SoftwareMachine machine, DmaBufferExportOptions options) => PhysicalRamExporter.Export(machine, Size, options);

    private static DmaBuffer Bar(SoftwareMachine machine, DmaBufferExportOptions options)
        => BarExporter.Export(machine, machine.GetPciFunction(SampleMachine.Gpu).Bars[0], 0x5000, Size, options);

    private static DmaBuffer PeerBar(SoftwareMachine machine, DmaBufferExportOptions options)
        => PeerToPeerBarExporter.Export(machine, machine.GetPciFunction(SampleMachine.Gpu).Bars[0], 0x7000, Size, options);
}
