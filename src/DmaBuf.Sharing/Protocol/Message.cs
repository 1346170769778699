using System.Buffers.Binary;

namespace DmaBuf.Sharing;

/// <summary>One message as bytes: a header of 8 bytes, little endian (kind, number of descriptors, request number), and a CBOR map.</summary>
/// <param name="Kind">What it says; a number without a name is an error.</param>
/// <param name="Descriptors">How many descriptors travel with it.</param>
/// <param name="Request">The number of the client's request that it is or answers; 0 for what nobody asked for.</param>
/// <param name="Body">The values.</param>
internal readonly record struct Message(MessageKind Kind, int Descriptors, uint Request, MessageMap Body)
{
    internal const int HeaderBytes = 8;

    internal static byte[] Write(MessageKind kind, int descriptors, uint request, MessageWriter body)
    {
        byte[] bytes = new byte[HeaderBytes + body.Length];
        BinaryPrimitives.WriteUInt16LittleEndian(bytes, (ushort)kind);
        BinaryPrimitives.WriteUInt16LittleEndian(bytes.AsSpan(2), (ushort)descriptors);
        BinaryPrimitives.WriteUInt32LittleEndian(bytes.AsSpan(4), request);
        body.CopyTo(bytes.AsSpan(HeaderBytes));
        return bytes;
    }

    /// <exception cref="DmaBufException">EPROTO: names what is wrong.</exception>
    internal static Message Read(ReadOnlyMemory<byte> bytes)
    {
        if (bytes.Length <= HeaderBytes)
        {
            throw ProtocolError.Of($"it has {bytes.Length} bytes, and a header and a map need {HeaderBytes + 1}");
        }

        ReadOnlySpan<byte> header = bytes.Span;
        MessageKind kind = (MessageKind)BinaryPrimitives.ReadUInt16LittleEndian(header);
        if (!Enum.IsDefined(kind))
        {
            throw ProtocolError.Of($"its kind is {(int)kind}, which is none");
        }

        return new Message(
            kind,
            BinaryPrimitives.ReadUInt16LittleEndian(header[2..]),
            BinaryPrimitives.ReadUInt32LittleEndian(header[4..]),
            MessageMap.Read(bytes[HeaderBytes..]));
    }
}
