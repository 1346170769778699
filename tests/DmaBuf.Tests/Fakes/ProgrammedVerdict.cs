namespace DmaBuf.Tests.Fakes;

/// <summary>What a test lets a <see cref="FakeType"/> answer for a pair.</summary>
internal delegate MatchVerdict ProgrammedVerdict(in MatchContext context);
