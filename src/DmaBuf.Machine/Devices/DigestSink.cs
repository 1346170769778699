using System.Security.Cryptography;

namespace DmaBuf.Machine;

/// <summary>A checksum.</summary>
internal sealed class DigestSink : TransferSink
{
    private readonly IncrementalHash _hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
    private byte[]? _result;

    /// <summary>All bytes that were put. Asked once nobody puts any more.</summary>
    public byte[] Result
    {
        get
        {
            lock (_hash)
            {
                return [.. _result ??= _hash.GetHashAndReset()];
            }
        }
    }

    public override int Put(ReadOnlySpan<byte> source, DmaTransfer transfer)
    {
        _hash.AppendData(source);
        return source.Length;
    }
}
