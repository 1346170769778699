namespace DmaBuf.Tests.Defects;

/// <summary>
/// One body, run twice: it holds for ours, and for a mutant that behaves as the first posted version did it ends with the failure that is named after the
/// defect. A mutant that fails at anything else, be it an assertion of the set-up or an exception, proves nothing.
/// </summary>
internal static class DefectProof
{
    /// <param name="sign">What shows the defect, in a clause.</param>
    /// <param name="ours">The product.</param>
    /// <param name="mutant">The model of the first posted version.</param>
    /// <param name="body">Asserts what both do, and asks the defect about what only one does.</param>
    internal static void Show<TSubject>(string sign, TSubject ours, TSubject mutant, Action<TSubject, Defect> body)
    {
        Defect defect = new(sign);
        body(ours, defect);
        Assert.True(defect.WasLookedFor, $"the body never looks whether {sign}");
        Exception? ended = Record.Exception(() => body(mutant, defect));
        Assert.True(
            (ended as DefectNoticedException)?.Defect == defect, $"the body does not notice that {sign}; the mutant ended with {ended?.ToString() ?? "success"}");
    }
}
