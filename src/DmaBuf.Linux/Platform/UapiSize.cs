namespace DmaBuf.Linux;

/// <summary>How long a kernel structure is: what goes into its first field, by which kernels tell old callers from new ones.</summary>
internal static class UapiSize
{
    internal static unsafe uint Of<T>()
        where T : unmanaged => (uint)sizeof(T);
}
