using System.Runtime.InteropServices;
using System.Text;

namespace DmaBuf.Linux;

/// <summary>What the kernel says of a sync_file and of each fence in it (<c>SYNC_IOC_FILE_INFO</c>). A snapshot.</summary>
/// <remarks>Immutable, thus safe to share between threads.</remarks>
/// <param name="Name">Given by who made it; names need not be unique.</param>
/// <param name="Status">Active while one fence is; failed if one has failed.</param>
/// <param name="Error">Why; else <see cref="Errno.None"/>.</param>
/// <param name="Fences">At least one: a sync_file of an idle buffer has one that is signaled.</param>
public sealed record SyncFileInfo(string Name, SyncStatus Status, Errno Error, IReadOnlyList<SyncFenceInfo> Fences)
{
    /// <summary>How long a step of <see cref="TimeSpan"/> is.</summary>
    private const ulong NanosecondsPerTick = 100;

    internal static unsafe Errno Read(SafeHandle descriptor, out SyncFileInfo? read)
    {
        read = null;
        SyncFileUapi.sync_file_info info = default;
        Errno errno = DeviceCall.Try(descriptor, SyncFileUapi.SYNC_IOC_FILE_INFO, ref info); // without room it only counts
        if (errno != Errno.None)
        {
            return errno;
        }

        SyncFileUapi.sync_fence_info[] fences = new SyncFileUapi.sync_fence_info[info.num_fences];
        // SAFETY: num_fences says how many fit, and the number of a sync_file's fences does not change.
        fixed (SyncFileUapi.sync_fence_info* pointer = fences)
        {
            info.sync_fence_info = (ulong)pointer;
            errno = DeviceCall.Try(descriptor, SyncFileUapi.SYNC_IOC_FILE_INFO, ref info);
        }

        if (errno == Errno.None)
        {
            (SyncStatus status, Errno error) = StatusOf(info.status);
            read = new(TextOf(new(info.name, 32)), status, error, [.. fences.Select(Describe)]);
        }

        return errno;
    }

    /// <summary>1: signaled; 0: active; negative: the error.</summary>
    internal static (SyncStatus Status, Errno Error) StatusOf(int status) => status switch
    {
        < 0 => (SyncStatus.Failed, (Errno)(-status)),
        0 => (SyncStatus.Active, Errno.None),
        _ => (SyncStatus.Signaled, Errno.None),
    };

    private static unsafe SyncFenceInfo Describe(SyncFileUapi.sync_fence_info fence)
    {
        (SyncStatus status, Errno error) = StatusOf(fence.status);
        return new(TextOf(new(fence.driver_name, 32)), TextOf(new(fence.obj_name, 32)), status, error, new((long)(fence.timestamp_ns / NanosecondsPerTick)));
    }

    private static string TextOf(ReadOnlySpan<byte> bytes) => Encoding.UTF8.GetString(bytes[..(bytes.IndexOf((byte)0) is var end && end >= 0 ? end : bytes.Length)]);
}
