using System.Diagnostics;

namespace DmaBuf.Samples.Vfio;

/// <summary>Waits for a register to change. These drivers take no interrupts, so they ask again and again, and leave the processor to others in between.</summary>
internal static class DeviceWait
{
    internal static async Task UntilAsync(Func<bool> isDone, TimeSpan longest, string what, CancellationToken cancellationToken)
    {
        long begun = Stopwatch.GetTimestamp();
        while (!isDone())
        {
            if (Stopwatch.GetElapsedTime(begun) > longest)
            {
                throw new DmaBufException(Errno.ETIMEDOUT, $"Waiting for {what} ended after {longest.TotalSeconds} s. The device does not answer: reset it, and see that its bus master bit is on (EnableAsync).");
            }

            await Task.Delay(1, cancellationToken).ConfigureAwait(false);
        }
    }
}
