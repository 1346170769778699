namespace DmaBuf.Testing;

/// <summary>One rule: a sentence and the code that throws <see cref="BrokenRuleException"/> where it does not hold.</summary>
internal sealed record ConformanceRule(string Sentence, Action<ConformanceBench> Check);
