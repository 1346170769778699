namespace DmaBuf.Tool;

/// <summary>What negotiation says about a pair before anything is tried: it looks at nothing but the descriptions of both sides.</summary>
/// <param name="MappingType">The type that would be agreed on; null: none.</param>
/// <param name="Reason">Why none; null if there is one.</param>
/// <param name="OrErrno">What the kernel may say all the same, because nobody can know it beforehand; null: nothing.</param>
internal sealed record MatrixPrediction(string? MappingType, string? Reason, Errno? OrErrno = null)
{
    /// <summary>The prediction in one or three words.</summary>
    public override string ToString() => MappingType is null ? "declined" : OrErrno is { } errno ? $"{MappingType} or {errno}" : MappingType;

    internal static MatrixPrediction Of(MatrixExporter exporter, MatrixImporter importer, MatrixBuffer buffer)
    {
        Negotiation negotiation = buffer.Buffer.Explain(importer.Party, importer.Requests);
        return negotiation.Agreed is { } agreed
            ? new MatrixPrediction(agreed.ConvertedTo ?? negotiation.Offers[agreed.Offer].Type, null, importer.MayBeRefusedWith)
            : new MatrixPrediction(null, MatrixReason.Of(exporter.Name, importer.Name, negotiation));
    }
}
