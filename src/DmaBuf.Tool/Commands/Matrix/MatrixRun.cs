namespace DmaBuf.Tool;

/// <summary>
/// Pairs every exporter with every importer: negotiate, and where they agree map, move bytes and verify them. A decline is a result; a fault, a map that fails after an
/// agreement or a wrong checksum is a failure.
/// </summary>
internal static class MatrixRun
{
    internal static IEnumerable<MatrixRow> Rows(
        IReadOnlyList<MatrixExporter> exporters, IReadOnlyList<MatrixImporter> importers, Action<ulong> progress, CancellationToken cancellationToken)
        => exporters.SelectMany(exporter => Rows(exporter, importers, progress, cancellationToken));

    /// <summary>A buffer serves until a pair agreed on it: a refused attach changes nothing, a mapping may have been written.</summary>
    private static IEnumerable<MatrixRow> Rows(
        MatrixExporter exporter, IReadOnlyList<MatrixImporter> importers, Action<ulong> progress, CancellationToken cancellationToken)
    {
        MatrixBuffer? fresh = null;
        try
        {
            foreach (MatrixImporter importer in importers)
            {
                cancellationToken.ThrowIfCancellationRequested();
                fresh ??= exporter.Export();
                MatrixRow row = Pair(exporter, importer, fresh, cancellationToken);
                if (row.Outcome != MatrixOutcome.Declined)
                {
                    fresh.Dispose();
                    fresh = null;
                }

                progress(1);
                yield return row;
            }
        }
        finally
        {
            fresh?.Dispose();
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
