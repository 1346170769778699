namespace DmaBuf.Testing;

/// <summary>What was found instead of what a rule says.</summary>
internal sealed class BrokenRuleException(string message) : Exception(message);
