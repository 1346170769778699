namespace DmaBuf.Tests.Defects.Mutants;

/// <summary>
/// The exporters' ioctl before its repair: export, open a descriptor, and where that fails put the buffer, whose release frees the memory, and then fall through
/// into the labels that free it again (D-18).
/// </summary>
internal sealed class FirstPostedDescriptorExport(Errno opening)
{
    internal int Releases { get; private set; }

    internal void ExportAndOpen()
    {
        if (opening == Errno.None)
        {
            return;
        }

        PutTheLastReference();
        FreeThePrivatePart(); // the label below, which nothing jumps over
        throw new DmaBufException(opening, "opening a descriptor failed");
    }

    private void PutTheLastReference() => FreeThePrivatePart();

    private void FreeThePrivatePart() => Releases++;
}
