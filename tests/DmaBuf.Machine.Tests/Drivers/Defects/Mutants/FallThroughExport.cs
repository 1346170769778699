namespace DmaBuf.Machine.Tests.Drivers;

/// <summary>VFIO's export before its repair: a step behind the export fails, the buffer is put, which frees the private part, and the code falls through into the cleanup (D-18).</summary>
internal sealed class FallThroughExport
{
    internal int Frees { get; private set; }

    internal void Make()
    {
        Release();
        Frees++;
        throw new DmaBufException(Errno.EDEADLK, "The step behind the export failed.");
    }

    private void Release() => Frees++;
}
