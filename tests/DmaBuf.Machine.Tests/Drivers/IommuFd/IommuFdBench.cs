namespace DmaBuf.Machine.Tests;

/// <summary>A context with one address space and some domains, and the end at which nothing may be left of them.</summary>
internal sealed class IommuFdBench : IDisposable
{
    internal const IoMapOptions Both = IoMapOptions.Readable | IoMapOptions.Writeable;
    internal const IoMapOptions Fixed = Both | IoMapOptions.FixedIova;

    internal IommuFdBench(int domains = 1, bool hugePages = true, ulong pageSize = 4096, int capacity = 170)
    {
        Context = new IommuFd(Access);
        Space = Context.CreateAddressSpace(new IoAddressSpaceOptions { HugePages = hugePages, BatchCapacity = capacity });
        Domains = [.. Enumerable.Range(0, domains).Select(_ => new RecordingDomain(pageSize))];
        foreach (RecordingDomain domain in Domains)
        {
            Space.AddDomain(domain);
        }
    }

    internal PhysicalAddressAccess Access { get; } = PhysicalAddressAccess.Grant("test");

    internal DmaBufferRegistry Registry { get; } = new();

    internal IommuFd Context { get; }

    internal IoAddressSpace Space { get; }

    internal RecordingDomain[] Domains { get; }

    internal DmaAddress Map(DmaBuffer buffer, ulong start, ulong length) => Context.MapFile(Both, Space.Id, buffer, start, length);

    /// <summary>Every page of the area leads, in every domain, to the page of the selftest's buffer at that offset.</summary>
    internal void Check(DmaAddress iova, int pages, int offset)
    {
        foreach (RecordingDomain domain in Domains)
        {
            for (int page = 0; page < pages; page++)
            {
                for (ulong at = 0; at < 4096; at += domain.PageSize)
                {
                    Assert.Equal(ListExporter.PageAt(offset + page).Value + at, domain.Translate(iova.Value + ((ulong)page * 4096) + at));
                }
            }

            Assert.True(domain.Attributes is [DmaAttributes.Mmio]);
        }
    }

    public void Dispose()
    {
        Context.DestroyAddressSpace(Space.Id);
        Assert.Equal((0, 0L, 0), (Registry.Count, Registry.ProblemCount, Space.AreaCount));
        Assert.All(Domains, static domain => Assert.Equal(0, domain.PageCount));
        Access.Dispose();
    }
}
