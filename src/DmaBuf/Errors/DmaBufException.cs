namespace DmaBuf;

/// <summary>
/// An operation on a buffer failed. The message says what was tried, on what, what came back and what to do; <see cref="Errno"/> keeps the
/// error's identity, as the kernel's negative return value would.
/// </summary>
/// <remarks>Immutable after construction, thus safe to share between threads.</remarks>
public class DmaBufException : Exception
{
    /// <summary>Makes an exception with an errno and a message that already says what was tried, on what, and what to do.</summary>
    /// <param name="errno">The error's identity; not <see cref="DmaBuf.Errno.None"/>.</param>
    /// <param name="message">A full sentence for a person.</param>
    /// <param name="innerException">What caused it, if anything.</param>
    public DmaBufException(Errno errno, string message, Exception? innerException = null)
        : base($"{message} [{errno}]", innerException) => Errno = errno;

    /// <summary>The error's identity.</summary>
    public Errno Errno { get; }
}
