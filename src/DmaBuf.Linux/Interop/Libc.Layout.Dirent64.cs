namespace DmaBuf.Linux;

internal static unsafe partial class Libc
{
    /// <summary>Where the fields of <c>struct dirent64</c> lie that are read: the entry's whole length, a u16, and the name, which ends with a zero.</summary>
    internal static class Dirent64
    {
        internal const int LengthOffset = 16;
        internal const int NameOffset = 19;
    }
}
