namespace DmaBuf.Tool;

/// <summary>What reading a mapping from end to end gave.</summary>
/// <param name="Sha256">The checksum of all bytes.</param>
/// <param name="Read">How long reading every byte through the mapping took; the first touch of each page is part of it, the checksum is not.</param>
/// <param name="Hash">How long the checksum took, of bytes that were just read.</param>
internal sealed record VerifiedBytes(string Sha256, TimeSpan Read, TimeSpan Hash);
