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
            string what = group.Key is Errno.EACCES or Errno.EPERM ? "belong to other users" : "could not be read";
            yield return string.Create(
                CultureInfo.InvariantCulture, $"hidden: {group.Count()} of {snapshot.ProcessIds.Count} processes {what} ({group.Key}); run as root to see what they hold");
        }

        foreach (UnreadableSource source in snapshot.UnreadableSources.Where(static source => source.Path.EndsWith(BufferInfo, StringComparison.Ordinal)))
        {
            string remedy = source.Errno == Errno.ENOENT
                ? "mount debugfs (mount -t debugfs none /sys/kernel/debug) on a kernel with dma-bufs and CONFIG_DEBUG_FS"
                : "run as root";
            yield return $"hidden: attached devices, fences, and buffers that no visible process holds ({source.Path}: {source.Errno}); {remedy}";
        }
    }
}
