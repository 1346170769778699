using DmaBuf.Testing;
using DmaBuf.Tests.Conformance;
using Microsoft.Win32.SafeHandles;

namespace DmaBuf.Tests.Leaks;

/// <summary>The leak check finds what was left and names it, and nothing else.</summary>
public sealed class LeakCheckTests : IDisposable
{
    private readonly DmaBufferRegistry _registry = new();
    private readonly string _file = Path.GetTempFileName();

    public void Dispose() => File.Delete(_file);

    [Fact]
    public void A_buffer_an_attachment_and_a_mapping_are_each_found()
    {
        LeakCheck leaks = LeakCheck.Start(_registry);
        using (DmaBuffer buffer = DmaBuffer.Export(new ArrayExporter(new byte[16]), 16, new DmaBufferExportOptions { Registry = _registry }))
        {
            Assert.Equal("buffers: 0 expected, 1 found.", FirstLine(leaks));
            using CpuAttachment attachment = buffer.Attach(new DmaBufferImporter("test"), CpuMappingType.Request());
            using CpuMapping mapping = attachment.MapCpu();
            Assert.Equal("buffers: 0 expected, 1 found; attachments: 0 expected, 1 found; mappings: 0 expected, 1 found.", FirstLine(leaks));
        }

        leaks.Verify();
    }

    [Fact]
    public void A_problem_is_found_unless_it_was_meant()
    {
        LeakCheck leaks = LeakCheck.Start(_registry);
        _registry.Report(DmaBufferProblemKind.BrokenPromise, "somebody threw");
        Assert.EndsWith("somebody threw }", Assert.Throws<LeakException>(() => leaks.Verify()).Message, StringComparison.Ordinal);
        leaks.Verify(expectedProblems: 1);
    }

    [Fact]
    public void A_descriptor_that_stays_open_is_named()
    {
        Assert.SkipUnless(OperatingSystem.IsLinux(), "only Linux shows the descriptors of a process");
        LeakCheck leaks = LeakCheck.Start(_registry);
        using (SafeFileHandle handle = File.OpenHandle(_file))
        {
            Assert.Equal($"descriptor left open: {handle.DangerousGetHandle()} -> {_file}.", FirstLine(leaks));
        }

        leaks.Verify();
    }

    [Theory]
    [InlineData("camera.source")]
    [InlineData("libcamera.so.1")]
    public void Memory_is_not_taken_for_a_library_by_its_name(string name)
    {
        Assert.SkipUnless(OperatingSystem.IsLinux(), "only Linux has memory files");
        LeakCheck leaks = LeakCheck.Start(_registry);
        using (Linux.MemoryFile.Create(name, 4096))
        {
            Assert.Contains(name, FirstLine(leaks), StringComparison.Ordinal);
        }

        leaks.Verify();
    }

    [Fact]
    public void A_file_in_a_folder_that_is_named_like_a_library_is_no_library()
    {
        Assert.SkipUnless(OperatingSystem.IsLinux(), "only Linux shows the descriptors of a process");
        string folder = Directory.CreateTempSubdirectory("ld.so.conf.").FullName;
        try
        {
            LeakCheck leaks = LeakCheck.Start(_registry);
            using (File.Create(Path.Join(folder, "data")))
            {
                Assert.Contains($" -> {folder}/data.", FirstLine(leaks), StringComparison.Ordinal);
            }

            leaks.Verify();
        }
        finally
        {
            Directory.Delete(folder, recursive: true);
        }
    }

    [Fact]
    public void A_file_of_the_system_that_the_runtime_had_open_may_be_closed_again_but_not_left_open()
    {
        Assert.SkipUnless(OperatingSystem.IsLinux(), "only Linux has /proc");
        SafeFileHandle status = File.OpenHandle("/proc/self/status");
        LeakCheck leaks = LeakCheck.Start(_registry);
        status.Dispose();
        leaks.Verify();

        LeakCheck others = LeakCheck.Start(_registry);
        using (File.OpenHandle("/proc/self/status"))
        {
            Assert.StartsWith("descriptor left open: ", FirstLine(others), StringComparison.Ordinal);
        }

        others.Verify();
    }

    [Fact]
    public void A_descriptor_that_was_closed_under_its_owner_is_named()
    {
        Assert.SkipUnless(OperatingSystem.IsLinux(), "only Linux shows the descriptors of a process");
        SafeFileHandle handle = File.OpenHandle(_file);
        LeakCheck leaks = LeakCheck.Start(_registry);
        handle.Dispose();
        Assert.Contains($" -> {_file}.", FirstLine(leaks), StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_descriptor_that_another_thread_has_open_for_a_moment_is_no_leak()
    {
        LeakCheck leaks = LeakCheck.Start(_registry);
        SafeFileHandle handle = File.OpenHandle(_file);
        Task closing = Task.Run(handle.Dispose, TestContext.Current.CancellationToken);
        leaks.Verify();
        await closing;
    }

    private static string FirstLine(LeakCheck leaks) => Assert.Throws<LeakException>(() => leaks.Verify()).Message.Split('\n')[0];
}
