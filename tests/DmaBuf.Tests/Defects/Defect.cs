namespace DmaBuf.Tests.Defects;

/// <summary>One defect that a body looks for, and the only way to say that it was found: any other failure of the body proves nothing about it.</summary>
/// <param name="sign">What shows the defect, in a clause.</param>
internal sealed class Defect(string sign)
{
    internal string Sign => sign;

    internal bool WasLookedFor { get; private set; }

    /// <summary>Ends the body with this defect's own failure unless the expectation holds.</summary>
    /// <param name="holds">What is true only where the defect is not.</param>
    /// <param name="seen">What was seen instead.</param>
    internal void AbsentIf(bool holds, object? seen = null)
    {
        WasLookedFor = true;
        if (!holds)
        {
            throw new DefectNoticedException(this, seen);
        }
    }
}
