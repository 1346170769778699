namespace DmaBuf;

/// <summary>What a dump says of one fence.</summary>
internal sealed record FenceDescription(string Text, bool Signaled);
