using Microsoft.Win32.SafeHandles;

namespace DmaBuf.Linux;

/// <summary>One wait of <see cref="DescriptorReactor"/>. Not pooled: a late cancellation must not reach the next wait.</summary>
internal sealed class DescriptorWait(DescriptorReactor reactor, ulong key, SafeFileHandle duplicate)
{
    internal ulong Key { get; } = key;

    internal SafeFileHandle Duplicate { get; } = duplicate;

    internal TaskCompletionSource Completion { get; } = new(TaskCreationOptions.RunContinuationsAsynchronously);

    internal void Complete()
    {
        if (reactor.TryEnd(this))
        {
            Completion.SetResult();
        }
    }

    internal void Cancel(CancellationToken cancellationToken)
    {
        if (reactor.TryEnd(this))
        {
            Completion.SetCanceled(cancellationToken);
        }
    }
}
