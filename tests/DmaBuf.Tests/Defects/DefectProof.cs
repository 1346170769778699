namespace DmaBuf.Tests.Defects;

/// <summary>One body, run twice: it holds for ours, and an assertion in it fails for a mutant that behaves as the first posted version did.</summary>
internal static class DefectProof
{
    internal static void Show<TSubject>(TSubject ours, TSubject mutant, Action<TSubject> body)
    {
        body(ours);
        Exception? noticed = Record.Exception(() => body(mutant));
        Assert.True(noticed is Xunit.Sdk.IAssertionException, $"the body does not notice the defect; it ended with {noticed?.ToString() ?? "success"}");
    }
}
