namespace DmaBuf.Testing;

/// <summary>Work did not pass an injected failure on as it must.</summary>
public sealed class FaultSweepException(string message, Exception? innerException = null) : Exception(message, innerException);
