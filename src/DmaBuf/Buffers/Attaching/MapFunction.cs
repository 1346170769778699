namespace DmaBuf;

/// <summary>
/// Maps: calls the exporter's operation and makes the mapping <b>last</b>, when nothing can fail any more. Runs with the reservation lock held.
/// </summary>
/// <param name="ticket">The permission; the mapping's constructor takes it.</param>
/// <param name="arguments">What the typed map call was given.</param>
/// <typeparam name="TMapping">The type's mapping.</typeparam>
/// <typeparam name="TArguments">The type's arguments.</typeparam>
public delegate TMapping MapFunction<TMapping, TArguments>(in MapTicket ticket, TArguments arguments)
    where TMapping : Mapping;
