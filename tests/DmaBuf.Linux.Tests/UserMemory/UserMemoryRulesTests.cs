namespace DmaBuf.Linux.Tests;

/// <summary>What the driver would refuse with a bare EINVAL is told by its property, on any machine.</summary>
public sealed class UserMemoryRulesTests : LeakCheckedTest
{
    private static readonly UserMemoryLimits Limits = new(MaximumParts: 2, MaximumBytes: 8192);

    [Theory]
    [InlineData(MemorySeals.None, 0UL, 4096UL, "the seals")]
    [InlineData(MemorySeals.Grow, 0UL, 4096UL, "the seals Grow")]
    [InlineData(MemorySeals.Shrink | MemorySeals.Write, 0UL, 4096UL, "write seals")]
    [InlineData(MemorySeals.Shrink | MemorySeals.FutureWrite, 0UL, 4096UL, "write seals")]
    [InlineData(MemorySeals.Shrink, 1UL, 4096UL, "whole number of pages")]
    [InlineData(MemorySeals.Shrink, 0UL, 4095UL, "whole number of pages")]
    [InlineData(MemorySeals.Shrink, 0UL, 0UL, "whole number of pages")]
    [InlineData(MemorySeals.Shrink, 4096UL, 16384UL, "ends at 16384")]
    [InlineData(MemorySeals.Shrink, 0UL, 16384UL, "at most 8192")]
    public void Each_part_is_refused_by_its_own_property(MemorySeals seals, ulong offset, ulong length, string property)
    {
        using MemoryFile file = MemoryFile.Create(TestMemory, 16384);
        file.Seal(seals);
        DmaBufException refusal = Refused(Errno.EINVAL, () => UserMemoryRules.Check([new(file, offset, length)], Limits));
        Assert.Contains(property, refusal.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void As_many_parts_and_bytes_as_the_limits_say_are_taken_and_no_more()
    {
        using MemoryFile file = MemoryFile.Create(TestMemory, 16384);
        file.Seal(MemorySeals.FixedSize);
        UserMemoryRules.Check([new(file, 0, 4096), new(file, 12288, 4096)], Limits);
        Refused(Errno.EINVAL, () => UserMemoryRules.Check([new(file, 0, 4096), new(file, 0, 8192)], Limits));
        Refused(Errno.EINVAL, () => UserMemoryRules.Check([new(file, 0, 4096), new(file, 0, 4096), new(file, 0, 4096)], Limits with { MaximumBytes = 1 << 20 }));
        Refused(Errno.EINVAL, () => UserMemoryRules.Check([], Limits));
    }

    [Fact]
    public void Limits_are_those_of_the_module_and_unknown_ones_limit_nothing()
    {
        DirectoryInfo root = Directory.CreateTempSubdirectory("dmabuf-test");
        try
        {
            Assert.Equal(ulong.MaxValue, UserMemoryLimits.Read(root.FullName).MaximumBytes);
            DirectoryInfo parameters = root.CreateSubdirectory("sys/module/udmabuf/parameters");
            File.WriteAllText(Path.Combine(parameters.FullName, "list_limit"), "1024\n");
            File.WriteAllText(Path.Combine(parameters.FullName, "size_limit_mb"), "64\n");
            Assert.Equal(new UserMemoryLimits(1024, 64 << 20), UserMemoryLimits.Read(root.FullName));
        }
        finally
        {
            root.Delete(recursive: true);
        }
    }
}
