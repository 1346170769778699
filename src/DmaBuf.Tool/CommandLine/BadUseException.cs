namespace DmaBuf.Tool;

/// <summary>The user gave something that cannot work. The message is one line that says what to do instead; the exit code is 2.</summary>
internal sealed class BadUseException(string message) : Exception(message);
