namespace DmaBuf.Tests.Fakes;

/// <summary>A mapping type that records every call and answers what the test programmed (the suite's mock types A and B).</summary>
internal sealed class FakeType : MappingType<string, string, FakeAttachment>
{
    private readonly Dictionary<(string Offer, string Request), ProgrammedVerdict> _answers = [];

    internal FakeType(string name = "A", int version = 1)
        : base(name, version)
    {
    }

    internal List<(string Offer, string Request)> MatchCalls { get; } = [];

    internal List<(string Offer, string Request)> FinishCalls { get; } = [];

    internal Func<FakeAttachment, FakeAttachment>? ReturnInstead { get; set; }

    internal MappingCost Cost { get; set; }

    internal List<Relaxation<string>> Relaxations { get; } = [];

    internal MappingOffer Offer(string data = "offer") => CreateOffer(data);

    internal MappingOffer OfferConvertible(string data, params MappingOffer[] converted) => CreateOffer(data, converted);

    internal MappingRequest<FakeAttachment> Request(string data = "request", MappingCost ceiling = MappingCost.Default) => CreateRequest(data, ceiling);

    internal void Decline(string offer, string request, string property = "property")
        => _answers[(offer, request)] = (in MatchContext context) => context.Decline(property, 1, 2);

    internal void Abort(string offer, string request, Errno errno)
        => _answers[(offer, request)] = (in MatchContext context) => context.Abort(errno, "programmed");

    internal void Answer(string offer, string request, ProgrammedVerdict answer) => _answers[(offer, request)] = answer;

    protected internal override MatchVerdict Match(in MatchContext context, string offer, string request)
    {
        MatchCalls.Add((offer, request));
        return _answers.TryGetValue((offer, request), out ProgrammedVerdict? answer)
            ? answer(in context)
            : context.Accept(Cost);
    }

    protected internal override FakeAttachment FinishMatch(in FinishContext context, string offer, string request)
    {
        FinishCalls.Add((offer, request));
        FakeAttachment made = new(in context);
        return ReturnInstead is null ? made : ReturnInstead(made);
    }

    protected internal override string DescribeOffer(string offer) => offer;

    protected internal override string DescribeRequest(string request) => request;

    protected internal override IEnumerable<Relaxation<string>> Relax(string request, MatchDecline decline) => Relaxations;
}
