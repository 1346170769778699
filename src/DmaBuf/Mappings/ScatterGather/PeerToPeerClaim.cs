namespace DmaBuf;

/// <summary>The two sides' words on peer-to-peer in one enumeration, for the explanation of a decline.</summary>
internal enum PeerToPeerClaim
{
    /// <summary>The exporter requires it.</summary>
    Required,

    /// <summary>The importer does not accept it.</summary>
    NotAccepted,

    /// <summary>The exporter requires it but names no device of its own.</summary>
    RequiredWithoutDevice,

    /// <summary>The importer would accept it.</summary>
    Accepted,

    /// <summary>The request accepts it, but the importer cannot be told to let go.</summary>
    AcceptedByStaticImporter,
}
