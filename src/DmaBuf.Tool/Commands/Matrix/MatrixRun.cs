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
        try
        {
            return exporter.Device is { } device && device == importer.Device ? Busy(exporter, importer, device) : Try(exporter, importer, buffer, cancellationToken);
        }
        finally
        {
            importer.EndPair();
        }
    }

    private static MatrixRow Busy(MatrixExporter exporter, MatrixImporter importer, string device)
    {
        string reason = $"one queue: {device} cannot import while it exports";
        return new MatrixRow(exporter.Name, importer.Name, IsSimulated: false, MatrixOutcome.Declined, new MatrixPrediction(null, reason), "not tried", Reason: reason);
    }

    private static MatrixRow Try(MatrixExporter exporter, MatrixImporter importer, MatrixBuffer buffer, CancellationToken cancellationToken)
    {
        bool simulated = !(exporter.IsReal && importer.IsReal);
        MatrixRow row = new(exporter.Name, importer.Name, simulated, MatrixOutcome.Verified, MatrixPrediction.Of(exporter, importer, buffer));
        if (!buffer.Buffer.TryAttach(importer.Party, importer.Requests, out Attachment? attachment, out Negotiation? refusal))
        {
            return Refused(row, exporter, importer, buffer, refusal);
        }

        using (attachment)
        {
            row = row with { MappingType = attachment.Type.Name, Observed = attachment.Type.Name };
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
                return row with { Outcome = MatrixOutcome.Failed, Observed = exception.Errno.ToString(), Reason = MatrixReason.Of(exception.Errno, exception.Message) };
            }
        }
    }

    /// <summary>A refusal that negotiation foretold is a result. An errno of a kernel's import that it did not foretell is a failure: our knowledge of that kernel is wrong.</summary>
    private static MatrixRow Refused(MatrixRow row, MatrixExporter exporter, MatrixImporter importer, MatrixBuffer buffer, Negotiation refusal)
    {
        string reason = MatrixReason.Of(exporter.Name, importer.Name, refusal);
        if (importer.AnyRequests is not { } any)
        {
            return row with { Outcome = MatrixOutcome.Declined, Observed = refusal.Errno.ToString(), Reason = reason };
        }

        if (row.Predicted.MappingType is null)
        {
            return row with { Outcome = MatrixOutcome.Declined, Observed = AskKernel(exporter, importer, buffer, any), Reason = reason };
        }

        row = row with { Observed = $"{refusal.Errno} of the kernel", Reason = reason };
        return row.Predicted.OrErrno == refusal.Errno
            ? row with { Outcome = MatrixOutcome.Declined }
            : row with { Outcome = MatrixOutcome.Failed, Reason = $"not predicted: {reason}" };
    }

    /// <summary>
    /// What the kernel says to what we declined: its errno, or that it takes it, because what nobody can know beforehand was so this time. Importing alone writes nothing, so the buffer stays fresh.
    /// </summary>
    private static string AskKernel(MatrixExporter exporter, MatrixImporter importer, MatrixBuffer buffer, MappingRequestList any)
    {
        using MatrixBuffer? unguarded = exporter.ExportUnguarded?.Invoke();
        if (!(unguarded ?? buffer).Buffer.TryAttach(importer.Party, any, out Attachment? attachment, out Negotiation? refusal))
        {
            return refusal.Offers.Count == 0 ? $"{refusal.Errno} of the kernel" : "not tried: no descriptor";
        }

        attachment.Dispose();
        return "taken by the kernel";
    }
}
