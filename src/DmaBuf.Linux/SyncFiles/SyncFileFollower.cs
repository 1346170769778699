using Microsoft.Win32.SafeHandles;

namespace DmaBuf.Linux;

/// <summary>Carries the end of a sync_file over to a fence of the framework, exactly once and whatever happens: nobody may wait for ever.</summary>
internal static class SyncFileFollower
{
    /// <param name="copy">Owned: closed before the fence signals.</param>
    /// <param name="source">The right to signal.</param>
    /// <param name="stop">Ends the wait.</param>
    internal static async Task FollowAsync(SafeFileHandle copy, FenceSource source, CancellationToken stop)
    {
        Errno outcome;
        using (copy)
        {
            outcome = await WaitAsync(copy, stop).ConfigureAwait(false);
        }

        _ = outcome == Errno.None ? source.TrySignal() : source.TryFail(outcome);
    }

    private static async Task<Errno> WaitAsync(SafeFileHandle copy, CancellationToken stop)
    {
        try
        {
            await DescriptorReactor.Shared.WaitUntilReadableAsync(copy, stop).ConfigureAwait(false);
            Errno unread = SyncFileInfo.Read(copy, out SyncFileInfo? info);
            return info?.Error ?? unread;
        }
        catch (OperationCanceledException)
        {
            return Errno.ECANCELED;
        }
        catch (DmaBufException refusal)
        {
            return refusal.Errno;
        }
    }
}
