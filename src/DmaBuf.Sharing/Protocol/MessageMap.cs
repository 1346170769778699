using System.Formats.Cbor;
using System.Text;

namespace DmaBuf.Sharing;

/// <summary>
/// The values of a message, read whole and checked before any is used: no value is longer than the message, nothing is nested deeper than <see cref="ProtocolLimits.MaximumDepth"/>,
/// and keys that nobody asks for are passed over.
/// </summary>
internal sealed class MessageMap
{
    private readonly Dictionary<int, object> _values = [];

    /// <exception cref="DmaBufException">EPROTO: no map in the agreed form.</exception>
    internal static MessageMap Read(ReadOnlyMemory<byte> bytes)
    {
        try
        {
            CborReader cbor = new(bytes, CborConformanceMode.Strict);
            MessageMap map = ReadMap(cbor, 1);
            return cbor.BytesRemaining == 0 ? map : throw ProtocolError.Of($"{cbor.BytesRemaining} bytes follow its map");
        }
        catch (Exception exception) when (exception is CborContentException or InvalidOperationException or OverflowException or ArgumentException)
        {
            throw ProtocolError.Of($"it is no CBOR map as agreed ({exception.Message})", exception);
        }
    }

    internal ulong Number(int key, ulong maximum = ulong.MaxValue) => Find<ulong>(key, "a number") is var value && value <= maximum
        ? value
        : throw ProtocolError.Of($"the number {value} at key {key} is more than {maximum}");

    internal string Text(int key, int maximumBytes) => Find<string>(key, "a text") is var value && Encoding.UTF8.GetByteCount(value) <= maximumBytes
        ? value
        : throw ProtocolError.Of($"the text at key {key} is longer than {maximumBytes} bytes");

    /// <summary>A text that is not blank and has no control characters.</summary>
    internal string Name(int key) => Text(key, ProtocolLimits.MaximumNameBytes) is var name && !string.IsNullOrWhiteSpace(name) && !name.Any(char.IsControl)
        ? name
        : throw ProtocolError.Of($"the name at key {key} is blank or holds a control character");

    internal byte[] Bytes(int key, int maximum) => Find<byte[]>(key, "bytes") is var value && value.Length <= maximum
        ? value
        : throw ProtocolError.Of($"key {key} has {value.Length} bytes, at most {maximum} are possible");

    internal IReadOnlyList<MessageMap> Maps(int key, int maximum) => Find<List<object>>(key, "a list") is var list && list.Count <= maximum
        ? [.. list.Select(one => one as MessageMap ?? throw ProtocolError.Of($"the list at key {key} holds something that is no map"))]
        : throw ProtocolError.Of($"the list at key {key} has {list.Count} elements, at most {maximum} are possible");

    internal bool Has(int key) => _values.ContainsKey(key);

    private T Find<T>(int key, string wanted) => _values.TryGetValue(key, out object? value)
        ? value is T found ? found : throw ProtocolError.Of($"key {key} must be {wanted}")
        : throw ProtocolError.Of($"key {key} is missing; it must be {wanted}");

    private static MessageMap ReadMap(CborReader cbor, int depth)
    {
        int count = Count(cbor.ReadStartMap(), depth);
        MessageMap map = new();
        for (int index = 0; index < count; index++)
        {
            int key = cbor.ReadInt32();
            map._values.Add(key, ReadValue(cbor, depth));
        }

        cbor.ReadEndMap();
        return map;
    }

    private static object ReadValue(CborReader cbor, int depth) => cbor.PeekState() switch
    {
        CborReaderState.UnsignedInteger => cbor.ReadUInt64(),
        CborReaderState.TextString => cbor.ReadTextString(),
        CborReaderState.ByteString => cbor.ReadByteString(),
        CborReaderState.Boolean => cbor.ReadBoolean(),
        CborReaderState.StartMap => ReadMap(cbor, depth + 1),
        CborReaderState.StartArray => ReadList(cbor, depth + 1),
        CborReaderState other => throw ProtocolError.Of($"a value is of the kind {other}, which the protocol does not use"),
    };

    private static List<object> ReadList(CborReader cbor, int depth)
    {
        int count = Count(cbor.ReadStartArray(), depth);
        List<object> list = [];
        for (int index = 0; index < count; index++)
        {
            list.Add(ReadValue(cbor, depth));
        }

        cbor.ReadEndArray();
        return list;
    }

    private static int Count(int? length, int depth) => length is not { } count ? throw ProtocolError.Of("a list or a map has no length of its own")
        : count > ProtocolLimits.MaximumElements ? throw ProtocolError.Of($"a list or a map has {count} elements, at most {ProtocolLimits.MaximumElements} are possible")
        : depth > ProtocolLimits.MaximumDepth ? throw ProtocolError.Of($"it is nested deeper than {ProtocolLimits.MaximumDepth}")
        : count;
}
