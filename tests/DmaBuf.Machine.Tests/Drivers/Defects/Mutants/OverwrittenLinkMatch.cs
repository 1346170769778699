namespace DmaBuf.Machine.Tests.Drivers;

/// <summary>
/// amdgpu's match of the first posted version in miniature: no path for peers, so it looks whether the importer is a GPU on the same link, overwrites the match record
/// by hand, and leaves with 1 (D-1). It asks the attachment for its importer, which is set after negotiation alone (D-1b).
/// </summary>
internal sealed class OverwrittenLinkMatch(GpuLinkPort exporter)
{
    private GpuLinkPort? _attachmentsImporter;
    private bool _requiresPeers;

    /// <summary>Where the importer is known during the match: nowhere but in a hypothetical tree without D-1b.</summary>
    internal bool ImporterIsSetEarly { get; init; }

    /// <summary>What the caller gets: it tests for an error pointer, and any other number passes for an attachment.</summary>
    internal object Attach(GpuLinkPort importer)
    {
        if (ImporterIsSetEarly)
        {
            _attachmentsImporter = importer;
        }

        int result = Match();
        if (result != 0)
        {
            return result;
        }

        _attachmentsImporter = importer;
        return _requiresPeers ? "attached for peers" : "attached without peers";
    }

    private int Match()
    {
        if (ReferenceEquals(_attachmentsImporter?.Link, exporter.Link))
        {
            _requiresPeers = true;
            return 1;
        }

        return 0;
    }
}
