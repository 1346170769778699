namespace DmaBuf.Tool;

/// <summary>What the command's exit code means; the same for every command.</summary>
internal static class ExitCode
{
    /// <summary>Everything that was asked for was done; a refused negotiation that was to be explained is a result, too.</summary>
    internal const int Success = 0;

    /// <summary>Something failed or a verification did not hold.</summary>
    internal const int Failure = 1;

    /// <summary>Bad use: the line on standard error says what to do.</summary>
    internal const int BadUse = 2;

    /// <summary>Ended by Ctrl-C (128 and the number of SIGINT), with everything taken back.</summary>
    internal const int Interrupted = 130;

    /// <summary>Ended by SIGTERM, with everything taken back.</summary>
    internal const int Terminated = 143;
}
