namespace DmaBuf;

/// <summary>
/// The one place where lists come from: calls the exporter, admits the list (spec 5.6) once a map, and gives it back on every failure. Both the mapping
/// type and the converters go through it, so nobody sees a list that was not checked.
/// </summary>
/// <remarks>Immutable, safe for all threads.</remarks>
public sealed class PhysicalAddressListSource
{
    private readonly IPhysicalAddressListOperations _operations;
    private readonly PhysicalAddressListOfferOptions _options;

    internal PhysicalAddressListSource(IPhysicalAddressListOperations operations, PhysicalAddressListOfferOptions options)
    {
        _operations = operations;
        _options = options;
    }

    internal PeerToPeerProvider? Provider => _options.Provider;

    /// <summary>The exporter's bound of what a list costs; whoever converts the list adds it to its own.</summary>
    internal MappingCost Cost => _options.Cost;

    internal PhysicalAddressList Take(Attachment attachment, in ReservationLock held)
    {
        PhysicalAddressList? list = _operations.MapPhysicalAddressList(attachment, in held);
        if (list is null)
        {
            throw new DmaBufException(Errno.ENOMEM, $"Mapping '{attachment.Buffer}' for '{attachment.Importer}' returned no physical address list.");
        }

        // Outside of what is undone: a list that came before belongs to the mapping that has it, or was given back already. Each goes back once.
        PhysicalAddressListValidator.Claim(list);
        bool admitted = false;
        try
        {
            PhysicalAddressListValidator.Validate(list, attachment.Buffer.Size, _options.Limits);
            if (list.Kind != _options.Kind)
            {
                throw new DmaBufException(
                    Errno.EINVAL, $"Mapping '{attachment.Buffer}' returned a list of {list.Kind}, but {_options.Kind} was offered. The exporter must offer what it maps.");
            }

            admitted = true;
            return list;
        }
        finally
        {
            if (!admitted)
            {
                _operations.UnmapPhysicalAddressList(attachment, list, in held);
            }
        }
    }

    internal void GiveBack(Attachment attachment, PhysicalAddressList list, in ReservationLock held)
        => _operations.UnmapPhysicalAddressList(attachment, list, in held);
}
