namespace DmaBuf.Linux.Tests.SharedTests;

/// <summary>What a test left mapped. Descriptors are counted by the leak check.</summary>
internal static class LabLeftovers
{
    internal static string? Find()
    {
        List<string> mapped = ProcessResources.Read().Mappings;
        return mapped.Count == 0 ? null : $"mapped: {string.Join(", ", mapped)}";
    }
}
