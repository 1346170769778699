using System.Diagnostics.CodeAnalysis;

namespace DmaBuf;

/// <content>Attaching: negotiate without the lock, make the attachment, ask the exporter, publish under the lock.</content>
public sealed partial class DmaBuffer
{
    /// <summary>
    /// Attaches with one typed request (<c>dma_buf_mapping_attach</c>) and gives that type's attachment. Called without the reservation lock, by who keeps a reference to the
    /// buffer until it returns; from then on the attachment has one of its own.
    /// </summary>
    /// <param name="importer">Who attaches.</param>
    /// <param name="request">What it can accept.</param>
    /// <returns>The attachment, owned by the caller until it is detached.</returns>
    /// <exception cref="NegotiationFailedException">The two did not agree; EINVAL if nothing is in common, else the aborting errno.</exception>
    /// <exception cref="DmaBufException">
    /// ENODEV: revoked; EOPNOTSUPP: the exporter needs an importer that can be cut off; EDEADLK: the lock is held; else the exporter's veto.
    /// </exception>
    /// <exception cref="ObjectDisposedException">The buffer was released.</exception>
    public TAttachment Attach<TAttachment>(DmaBufferImporter importer, MappingRequest<TAttachment> request)
        where TAttachment : Attachment
    {
        ArgumentNullException.ThrowIfNull(request);
        return (TAttachment)Attach(importer, request.AsList);
    }

    /// <summary>
    /// Attaches with several requests; the exporter's order decides. Switch upon the attachment that comes back. A list of one element in brackets also comes
    /// here, and attaching without any request is EINVAL.
    /// </summary>
    /// <inheritdoc cref="Attach{TAttachment}(DmaBufferImporter, MappingRequest{TAttachment})"/>
    /// <param name="importer">Who attaches.</param>
    /// <param name="requests">What it can accept, in its order of preference.</param>
    public Attachment Attach(DmaBufferImporter importer, params MappingRequestList requests)
    {
        Attachment? attachment = Negotiate(importer, requests, out Negotiation? failure);
        if (attachment is null)
        {
            throw new NegotiationFailedException(failure!);
        }

        Publish(attachment);
        return attachment;
    }

    /// <summary>Attaches with one typed request, or says why not without an exception.</summary>
    /// <param name="importer">Who attaches.</param>
    /// <param name="request">What it can accept.</param>
    /// <param name="attachment">The attachment, owned by the caller.</param>
    /// <param name="failure">What both sides said, and the errno; a veto after negotiation appears as its errno and reason.</param>
    public bool TryAttach<TAttachment>(
        DmaBufferImporter importer,
        MappingRequest<TAttachment> request,
        [NotNullWhen(true)] out TAttachment? attachment,
        [NotNullWhen(false)] out Negotiation? failure)
        where TAttachment : Attachment
    {
        ArgumentNullException.ThrowIfNull(request);
        bool attached = TryAttach(importer, request.AsList, out Attachment? made, out failure);
        attachment = (TAttachment?)made;
        return attached;
    }

    /// <summary>Attaches with several requests, or says why not without an exception.</summary>
    /// <param name="importer">Who attaches.</param>
    /// <param name="requests">What it can accept, in its order of preference.</param>
    /// <param name="attachment">The attachment, owned by the caller.</param>
    /// <param name="failure">What both sides said, and the errno; a veto after negotiation appears as its errno and reason.</param>
    public bool TryAttach(
        DmaBufferImporter importer,
        MappingRequestList requests,
        [NotNullWhen(true)] out Attachment? attachment,
        [NotNullWhen(false)] out Negotiation? failure)
    {
        attachment = Negotiate(importer, requests, out Negotiation? disagreement);
        failure = disagreement!;
        if (attachment is null)
        {
            return false;
        }

        try
        {
            Publish(attachment);
            return true;
        }
        catch (DmaBufException veto)
        {
            failure = NegotiationRecorder.Refused(Parties(importer), requests, veto.Errno, veto.Message);
            attachment = null;
            return false;
        }
    }

    /// <summary>
    /// Negotiates without attaching: the whole table, also of the pairs behind the chosen one, so that it shows what the importer would have preferred. Takes no
    /// lock and changes nothing.
    /// </summary>
    /// <param name="importer">Who would attach.</param>
    /// <param name="requests">What it could accept, in its order of preference.</param>
    /// <exception cref="ObjectDisposedException">The buffer was released.</exception>
    public Negotiation Explain(DmaBufferImporter importer, params MappingRequestList requests) => Explain(importer, requests, out _);

    /// <summary>The same, and what the exporter answered, for whoever writes the negotiation down with its facts.</summary>
    internal Negotiation Explain(DmaBufferImporter importer, MappingRequestList requests, out OfferAnswer answer)
    {
        answer = Ask(importer, requests);
        if (answer.Offers is not { } offers)
        {
            return RefusedBy(importer, requests, in answer);
        }

        VerdictLog log = default;
        MatchOutcome outcome = Matcher.Match(Size, offers, requests, ref log, importer is DynamicImporter);
        Negotiation negotiation = NegotiationRecorder.Record(Parties(importer), offers, requests, in outcome, log.Records, evaluateAll: true);
        log.Return();
        return negotiation;
    }

    internal NegotiationParties Parties(DmaBufferImporter importer) => new(DisplayName, Size, Exporter.Name, importer.Name)
    {
        ImporterIsDynamic = importer is DynamicImporter,
    };

    /// <summary>Takes the attachment off the list. The lock is held. True: it was the last reference.</summary>
    internal bool UnlistLocked(Attachment attachment)
    {
        if (attachment.Previous is { } previous)
        {
            previous.Next = attachment.Next;
        }
        else
        {
            _attachments = attachment.Next;
        }

        attachment.Next?.Previous = attachment.Previous;
        attachment.Next = null;
        attachment.Previous = null;
        _attachmentCount--;
        return --_references == 0;
    }

    /// <summary>Tells the exporter, and releases if that was the last reference.</summary>
    internal void AfterDetach(Attachment attachment, bool last)
        => RunUnlocked(static ended => ended.Attachment.Buffer.TellDetached(ended.Attachment, ended.Last), (Attachment: attachment, Last: last));

    internal void TellDetached(Attachment attachment, bool last)
    {
        try
        {
            Exporter.OnDetach(attachment);
        }
        catch (Exception exception)
        {
            ReportBrokenPromise("detaching", exception);
        }

        if (last)
        {
            Release();
        }
    }

    private OfferAnswer Ask(DmaBufferImporter importer, MappingRequestList requests)
    {
        ArgumentNullException.ThrowIfNull(importer);
        ArgumentNullException.ThrowIfNull(requests);
        ThrowIfReleased();
        Reservation.ThrowIfHeldByCurrentThread("Attach");
        return _offers.OffersFor(this);
    }

    private Negotiation RefusedBy(DmaBufferImporter importer, MappingRequestList requests, in OfferAnswer answer) => NegotiationRecorder.Refused(
        Parties(importer),
        requests,
        answer.Errno == Errno.None ? Errno.EINVAL : answer.Errno,
        answer.Reason ?? "the exporter's offer function made no answer");

    /// <summary>The first phase: the attachment, not listed yet, or why there is none. No lock is held.</summary>
    private Attachment? Negotiate(DmaBufferImporter importer, MappingRequestList requests, out Negotiation? failure)
    {
        failure = null;
        OfferAnswer answer = Ask(importer, requests);
        if (answer.Offers is not { } offers)
        {
            failure = RefusedBy(importer, requests, in answer);
            return null;
        }

        VerdictLog log = default;
        MatchOutcome outcome = Matcher.Match(Size, offers, requests, ref log, importer is DynamicImporter);
        if (outcome.Errno != Errno.None)
        {
            failure = NegotiationRecorder.Record(Parties(importer), offers, requests, in outcome, log.Records, evaluateAll: false);
        }

        log.Return();
        return outcome.Errno == Errno.None ? Finish(importer, offers, requests, in outcome) : null;
    }

    private Attachment Finish(DmaBufferImporter importer, MappingOfferList offers, MappingRequestList requests, in MatchOutcome outcome)
    {
        MappingOffer offer = offers.Items[outcome.Offer];
        if (outcome.Converted >= 0)
        {
            offer = offer.Converted[outcome.Converted];
        }

        FaultPoint.Check(FaultSite.AttachmentAllocation);
        int made = 0;
        FinishContext context = new(this, importer, offer, in outcome, ref made);
        Attachment attachment = requests.Items[outcome.Request].FinishWith(in context, offer);
        if (made == 0 || attachment is null || !attachment.IsFreshFor(this, importer, offer))
        {
            ThrowNotFresh(offer);
        }

        return attachment;
    }

    [DoesNotReturn]
    private static void ThrowNotFresh(MappingOffer offer) => throw new InvalidOperationException(
        $"FinishMatch of '{offer.Type}' did not return the attachment that it made of its context; each attach makes a new one and none is kept.");

    /// <summary>The second phase: everything that can still fail, then the list. On failure the exporter's OnAttach is undone and nothing is left.</summary>
    private void Publish(Attachment attachment)
    {
        bool asked = false;
        try
        {
            ThrowIfNotLive("Attaching", attachment.Importer);
            if (Exporter.RequiresRevocation && !attachment.IsRevocable)
            {
                ThrowNotRevocable(attachment);
            }

            Exporter.OnAttach(attachment);
            asked = true;
            if (attachment.ImportsInsideAttach)
            {
                attachment.ImportUnlocked();
            }

            using (ReservationLock held = Reservation.Lock())
            {
                ThrowIfReleased();
                ThrowIfNotLive("Attaching", attachment.Importer);
                if (attachment.ImportsInsideAttach)
                {
                    attachment.KeepImportLocked(in held);
                }

                attachment.MarkListed();
                ListLocked(attachment);
            }
        }
        catch
        {
            Unpublish(attachment, asked);
            throw;
        }
    }

    private void ListLocked(Attachment attachment)
    {
        Attachment? first = _attachments;
        if (first is not null)
        {
            attachment.Next = first;
            first.Previous = attachment;
        }

        _attachments = attachment;
        _attachmentCount++;
        _references++;
    }

    [DoesNotReturn]
    private void ThrowNotRevocable(Attachment attachment) => throw new DmaBufException(
        Errno.EOPNOTSUPP,
        $"Attaching '{attachment.Importer}' to '{DisplayName}' was refused: '{Exporter.Name}' may have to take the memory away, and a {attachment.Type.Name} mapping "
            + $"of this importer is {attachment.Revocability.ToString().ToLowerInvariant()} revocable. Use a DynamicImporter, or a mapping type that can be cut off.");

    private void Unpublish(Attachment attachment, bool asked)
    {
        attachment.MarkFailed();
        if (attachment.ImportsInsideAttach)
        {
            DropImport(attachment);
        }

        if (asked)
        {
            try
            {
                Exporter.OnDetach(attachment);
            }
            catch (Exception exception)
            {
                ReportBrokenPromise("undoing a failed attach", exception);
            }
        }
    }

    private void DropImport(Attachment attachment)
    {
        try
        {
            attachment.DropImport();
        }
        catch (Exception exception)
        {
            ReportBrokenPromise("undoing an import", exception);
        }
    }
}
