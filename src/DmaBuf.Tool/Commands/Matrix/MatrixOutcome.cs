namespace DmaBuf.Tool;

/// <summary>What became of one pair of exporter and importer.</summary>
internal enum MatrixOutcome
{
    /// <summary>They agreed, and every byte arrived.</summary>
    Verified,

    /// <summary>They did not agree, for the reason shown: a result, not a failure.</summary>
    Declined,

    /// <summary>They agreed, and then the map failed, an access faulted or a checksum was wrong.</summary>
    Failed,
}
