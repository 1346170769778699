using System.Text;
using DmaBuf.Sharing;

namespace DmaBuf.Tool;

/// <summary>
/// The frames of a Y4M stream: after its first line, each is a line <c>FRAME</c>, with parameters if it likes, and the picture. A file is looked through before anything is published, so that a
/// broken one is refused as a whole; a pipe is taken as it comes.
/// </summary>
internal sealed class Y4mSource : FrameSource
{
    private const string FrameWord = "FRAME";

    private readonly BufferedStream _stream;
    private readonly Y4mHeader _header;
    private readonly byte[] _line = new byte[FrameWord.Length + MaximumParameters];
    private readonly long? _length;
    private long _offset;
    private ulong _frame;
    private int _lineLength;

    /// <summary>Reads the first line, and all others of a file. The stream is owned from now on, also when this fails.</summary>
    /// <exception cref="BadUseException">It is no Y4M stream, or a broken one; the message says where.</exception>
    internal Y4mSource(Stream adopted, string name)
    {
        Name = name;
        // The lines are read byte by byte, the pictures past this buffer.
        _stream = new BufferedStream(adopted);
        try
        {
            _length = adopted.CanSeek ? adopted.Length : null;
            _header = Y4mHeader.Parse(ReadFirstLine(), name);
            Count = _length is null ? null : CountFrames();
        }
        catch
        {
            _stream.Dispose();
            throw;
        }
    }

    /// <summary>Most bytes that a frame's line can have after its word, the blank included.</summary>
    internal const int MaximumParameters = 1024;

    internal override string Name { get; }

    internal override string Header => _header.Line;

    internal override ulong FrameBytes => _header.FrameBytes;

    internal override ulong? Count { get; }

    internal override FrameDescription Description => _header.Description;

    /// <summary>With the blank before them.</summary>
    internal override ReadOnlySpan<byte> Parameters => _line.AsSpan(FrameWord.Length, _lineLength - FrameWord.Length);

    internal override bool MoveNext()
    {
        long start = _offset;
        _lineLength = 0;
        for (int next; (next = ReadByte()) != '\n';)
        {
            if (next < 0 && _lineLength == 0)
            {
                return false;
            }

            if (next < 0)
            {
                throw Bad(start, "the stream ends in this frame's line; it was cut short");
            }

            if (_lineLength == _line.Length)
            {
                throw Bad(start, $"its line has more than {MaximumParameters} bytes of parameters");
            }

            _line[_lineLength++] = (byte)next;
            CheckWord(start);
        }

        if (_lineLength < FrameWord.Length)
        {
            throw Bad(start, $"'{FrameWord}' is due; the frame before may have another size than the first line says");
        }

        CheckParameters(start);
        _frame++;
        return true;
    }

    internal override int Fill(Span<byte> frame)
    {
        int length = (int)FrameBytes;
        int read = _stream.ReadAtLeast(frame[..length], length, throwOnEndOfStream: false);
        if (read < length)
        {
            throw CutShort(read);
        }

        _offset += length;
        return length;
    }

    internal override void Skip()
    {
        if (_length is not { } length)
        {
            SkipBytes();
        }
        else if (_offset + (long)FrameBytes > length)
        {
            throw CutShort(length - _offset);
        }
        else
        {
            _offset = _stream.Seek((long)FrameBytes, SeekOrigin.Current);
        }
    }

    public override void Dispose()
    {
        _stream.Dispose();
        base.Dispose();
    }

    private ulong CountFrames()
    {
        long start = _offset;
        while (MoveNext())
        {
            Skip();
        }

        ulong count = _frame;
        _offset = _stream.Seek(start, SeekOrigin.Begin);
        _frame = 0;
        return count > 0 ? count : throw new BadUseException($"{Name}, byte {start}: the stream has no frame; give one that has");
    }

    private string ReadFirstLine()
    {
        StringBuilder line = new();
        for (int next; (next = ReadByte()) != '\n';)
        {
            if (next < 0 || line.Length == Y4mHeader.MaximumLength)
            {
                // What is no Y4M at all is told so, and not that it lacks the end of a line.
                _ = Y4mHeader.Parse(line.ToString(), Name);
                throw new BadUseException($"{Name}, line 1, byte {_offset}: {(next < 0 ? "the stream ends in its first line; it was cut short" : $"the first line has more than {Y4mHeader.MaximumLength} bytes")}");
            }

            line.Append((char)next);
        }

        return line.ToString();
    }

    private int ReadByte()
    {
        int next = _stream.ReadByte();
        _offset += next < 0 ? 0 : 1;
        return next;
    }

    /// <summary>At the first byte that differs, so that a picture which was taken for a line is not read to its next line end.</summary>
    private void CheckWord(long start)
    {
        int at = _lineLength - 1;
        bool fits = at < FrameWord.Length ? _line[at] == FrameWord[at] : at > FrameWord.Length || _line[at] == ' ';
        if (!fits)
        {
            throw Bad(start, $"'{FrameWord}' is due; the frame before may have another size than the first line says");
        }
    }

    private void CheckParameters(long start)
    {
        foreach (string parameter in Encoding.Latin1.GetString(Parameters).Split(' ', StringSplitOptions.RemoveEmptyEntries))
        {
            if (parameter[0] is not ('I' or 'X') || (parameter[0] == 'I' && parameter.Length != 4))
            {
                throw Bad(start, $"'{Printable.Of(parameter)}' is no parameter of a frame; there are I with three letters, and X");
            }
        }
    }

    private void SkipBytes()
    {
        Span<byte> piece = stackalloc byte[4096];
        for (ulong left = FrameBytes; left > 0;)
        {
            int read = _stream.Read(piece[..(int)Math.Min(left, 4096)]);
            if (read == 0)
            {
                throw CutShort((long)(FrameBytes - left));
            }

            left -= (ulong)read;
        }

        _offset += (long)FrameBytes;
    }

    private BadUseException CutShort(long there)
        => new($"{Name}, frame {_frame}, byte {_offset + there}: the stream ends after {there} of the picture's {FrameBytes} bytes; it was cut short");

    /// <summary>About the frame that is being looked for.</summary>
    private BadUseException Bad(long offset, string what) => new($"{Name}, frame {_frame + 1}, byte {offset}: {what}");
}
