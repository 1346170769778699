namespace DmaBuf;

/// <summary>How a fence ended. An object, so that "signaled" and "with which error" are published by one compare-and-swap.</summary>
internal sealed class FenceOutcome
{
    public static readonly FenceOutcome Success = new(Errno.None);

    private FenceOutcome(Errno error) => Error = error;

    public Errno Error { get; }

    public static FenceOutcome Failure(Errno error) => new(error);
}
