namespace DmaBuf.Tests.Defects;

/// <summary>A body found the defect that it looked for.</summary>
internal sealed class DefectNoticedException(Defect defect, object? seen)
    : Exception(seen is null ? defect.Sign : $"{defect.Sign}; seen: {seen}"), Xunit.Sdk.IAssertionException
{
    internal Defect Defect => defect;
}
