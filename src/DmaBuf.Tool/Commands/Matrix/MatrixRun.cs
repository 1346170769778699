namespace DmaBuf.Tool;

/// <summary>
/// Pairs every exporter with every importer: negotiate, and where they agree map, move bytes and verify them. A decline is a result; a fault, a map that fails after an
/// agreement or a wrong checksum is a failure.
/// </summary>
internal static class MatrixRun
{
    internal static IEnumerable<MatrixRow> Rows(
        IReadOnlyList<MatrixExporter> exporters, IReadOnlyList<MatrixImporter> importers, CancellationToken cancellationToken)
    {
        foreach (MatrixExporter exporter in exporters)
        {
            foreach (MatrixImporter importer in importers)
            {
                cancellationToken.ThrowIfCancellationRequested();
                using MatrixBuffer buffer = exporter.Export();
                yield return Pair(exporter, importer, buffer, cancellationToken);
            }
        }
    }

    private static MatrixRow Pair(MatrixExporter exporter, MatrixImporter importer, MatrixBuffer buffer, CancellationToken cancellationToken)
    {
        bool simulated = !(exporter.IsReal && importer.IsReal);
        MatrixRow row = new(exporter.Name, importer.Name, simulated, MatrixOutcome.Verified);
        if (!buffer.Buffer.TryAttach(importer.Party, importer.Requests, out Attachment? attachment, out Negotiation? refusal))
        {
            return row with { Outcome = MatrixOutcome.Declined, Reason = MatrixReason.Of(exporter.Name, importer.Name, refusal) };
        }

        using (attachment)
        {
            row = row with { MappingType = attachment.Type.Name };
            try
            {
                MatrixTransfer transfer = importer.Move(attachment, buffer, cancellationToken);
                return row with
                {
                    Outcome = transfer.Mismatch is null ? MatrixOutcome.Verified : MatrixOutcome.Failed,
                    Cost = transfer.Cost,
                    GigabytesPerSecond = simulated ? null : transfer.GigabytesPerSecond,
                    Reason = transfer.Mismatch,
                };
            }
            catch (DmaBufException exception)
            {
                return row with { Outcome = MatrixOutcome.Failed, Reason = MatrixReason.Of(exception.Errno, exception.Message) };
            }
        }
    }
}
