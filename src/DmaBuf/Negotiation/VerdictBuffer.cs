namespace DmaBuf;

/// <summary>The records of one pass at a time. A thread keeps one and lends it; a pass inside a pass finds it lent and gets one of its own.</summary>
internal sealed class VerdictBuffer
{
    /// <summary>Enough for 64 offers by 64 requests; 192 KiB a thread that negotiates such lists.</summary>
    private const int LargestKept = 4096;

    private const int Smallest = 16;

    [ThreadStatic]
    private static VerdictBuffer? t_buffer;

    private bool _isLent;

    internal PairRecord[] Records = new PairRecord[Smallest];

    internal static VerdictBuffer Borrow()
    {
        VerdictBuffer? buffer = t_buffer;
        if (buffer is null)
        {
            t_buffer = buffer = new VerdictBuffer();
        }
        else if (buffer._isLent)
        {
            buffer = new VerdictBuffer();
        }

        buffer._isLent = true;
        return buffer;
    }

    internal void GiveBack()
    {
        if (Records.Length > LargestKept)
        {
            Records = new PairRecord[Smallest];
        }

        _isLent = false;
    }
}
