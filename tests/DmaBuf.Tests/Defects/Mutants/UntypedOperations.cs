namespace DmaBuf.Tests.Defects.Mutants;

/// <summary>
/// What an exporter's operations were to the first posted core: an empty base that each call takes for the structure it needs. Both structures hold a map and
/// an unmap, so that a wrong cast calls something.
/// </summary>
internal sealed record UntypedOperations(Func<object> Map, Action<object> Unmap);
