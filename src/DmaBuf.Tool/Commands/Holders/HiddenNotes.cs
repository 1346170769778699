using System.Globalization;
using DmaBuf.Linux;

namespace DmaBuf.Tool;

/// <summary>What a snapshot could not see, and what would show it, a line each.</summary>
internal static class HiddenNotes
{
    private const string BufferInfo = "/dma_buf/bufinfo";

    internal static IEnumerable<string> Of(KernelBufferSnapshot snapshot)
    {
        foreach (IGrouping<Errno, UnreadableProcess> group in snapshot.UnreadableProcesses.GroupBy(static process => process.Errno))
        {
            yield return OfProcesses(group.Count(), snapshot.Processes.Count, group.Key, Environment.IsPrivilegedProcess);
        }

        foreach (UnreadableSource source in snapshot.UnreadableSources.Where(static source => source.Path.EndsWith(BufferInfo, StringComparison.Ordinal)))
        {
            string remedy = source.Errno == Errno.ENOENT
                ? "mount debugfs (mount -t debugfs none /sys/kernel/debug) on a kernel with dma-bufs and CONFIG_DEBUG_FS"
                : "run as root";
            yield return $"hidden: attached devices, fences, and buffers that no visible process holds ({source.Path}: {source.Errno}); {remedy}";
        }
    }

    /// <summary>Root is refused as well: without CAP_SYS_PTRACE, as in containers, or by a security module.</summary>
    internal static string OfProcesses(int hidden, int all, Errno errno, bool isRoot)
    {
        (string what, string remedy) = (errno is Errno.EACCES or Errno.EPERM, isRoot) switch
        {
            (true, true) => ("may not be read by this process", "give it CAP_SYS_PTRACE, outside of containers and of what a security module confines, to see what they hold"),
            (true, false) => ("belong to other users", "run as root to see what they hold"),
            (false, true) => ("could not be read", "they may have ended meanwhile"),
            (false, false) => ("could not be read", "run as root to see what they hold"),
        };
        return string.Create(CultureInfo.InvariantCulture, $"hidden: {hidden} of {all} processes {what} ({errno}); {remedy}");
    }
}
