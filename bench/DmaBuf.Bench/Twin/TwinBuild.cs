namespace DmaBuf.Bench;

/// <summary>How the twin is compiled.</summary>
internal enum TwinBuild
{
    /// <summary>As distributions compile: <c>-O2</c>, for any processor of the architecture.</summary>
    Plain,

    /// <summary>As somebody compiles who wants the most: <c>-O3</c>, vectorised for the processor of this machine.</summary>
    Native,
}
