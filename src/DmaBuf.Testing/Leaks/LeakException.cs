namespace DmaBuf.Testing;

/// <summary>Something was left behind that was not there at the start. The message names it.</summary>
public sealed class LeakException(string message) : Exception(message);
