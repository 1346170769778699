using System.Formats.Cbor;

namespace DmaBuf.Sharing;

/// <summary>Writes one CBOR map with small whole numbers as keys, in canonical form.</summary>
internal sealed class MessageWriter
{
    private readonly CborWriter _cbor = new(CborConformanceMode.Canonical, convertIndefiniteLengthEncodings: true);

    internal MessageWriter() => _cbor.WriteStartMap(null);

    internal int Length
    {
        get
        {
            End();
            return _cbor.BytesWritten;
        }
    }

    internal MessageWriter Add(int key, ulong value)
    {
        _cbor.WriteInt32(key);
        _cbor.WriteUInt64(value);
        return this;
    }

    internal MessageWriter Add(int key, string value)
    {
        _cbor.WriteInt32(key);
        _cbor.WriteTextString(value);
        return this;
    }

    internal MessageWriter Add(int key, ReadOnlySpan<byte> value)
    {
        _cbor.WriteInt32(key);
        _cbor.WriteByteString(value);
        return this;
    }

    /// <summary>A list of maps, each written like a message's own.</summary>
    internal MessageWriter Add(int key, IReadOnlyList<MessageWriter> maps)
    {
        _cbor.WriteInt32(key);
        _cbor.WriteStartArray(maps.Count);
        foreach (MessageWriter map in maps)
        {
            map.End();
            _cbor.WriteEncodedValue(map._cbor.Encode());
        }

        _cbor.WriteEndArray();
        return this;
    }

    internal void CopyTo(Span<byte> bytes)
    {
        End();
        _cbor.Encode(bytes);
    }

    private void End()
    {
        if (_cbor.CurrentDepth > 0)
        {
            _cbor.WriteEndMap();
        }
    }
}
