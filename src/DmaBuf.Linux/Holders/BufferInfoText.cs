using System.Text;

namespace DmaBuf.Linux;

/// <summary>
/// One buffer of <c>/sys/kernel/debug/dma_buf/bufinfo</c>: a row of seven columns, its fences, the devices attached to it.
/// </summary>
/// <remarks>
/// The row ends with the name, which is its user's and may hold line feeds: whatever follows a row and is neither a fence nor the heading of the devices belongs to the name.
/// A name can still pretend to be another row; facts of fdinfo are therefore believed first.
/// </remarks>
/// <param name="Inode">Of the buffer.</param>
/// <param name="Size">Bytes.</param>
/// <param name="References">Of the file.</param>
/// <param name="Exporter">The exporter's name.</param>
/// <param name="Name">Null if nobody gave one.</param>
/// <param name="Devices">Attached devices, or with mapping types "type: device".</param>
/// <param name="Fences">As the kernel describes them.</param>
internal sealed record BufferInfoText(
    ulong Inode, ulong Size, ulong References, string Exporter, string? Name, IReadOnlyList<string> Devices, IReadOnlyList<string> Fences)
{
    private const int Columns = 7;

    /// <summary>How many lines below a row are kept; a buffer with more is shown with so many.</summary>
    private const int MaximumLines = 4096;

    /// <summary>How many bytes a name has at most (<c>DMA_BUF_NAME_LEN</c> less its zero); what is longer is no name.</summary>
    private const int MaximumNameBytes = DmaBufUapi.DMA_BUF_NAME_LEN - 1;

    internal static List<BufferInfoText> Parse(ReadOnlySpan<byte> text)
    {
        List<BufferInfoText> buffers = [];
        BufferInfoBuilder? open = null;
        while (!text.IsEmpty)
        {
            int end = text.IndexOf((byte)'\n');
            ReadOnlySpan<byte> line = end < 0 ? text : text[..end];
            text = end < 0 ? default : text[(end + 1)..];
            if (TryRow(line, out BufferInfoBuilder? row))
            {
                Close(open, buffers);
                open = row;
            }
            else if (open is not null && !open.Take(line))
            {
                Close(open, buffers);
                open = null;
            }
        }

        Close(open, buffers);
        return buffers;
    }

    private static void Close(BufferInfoBuilder? open, List<BufferInfoText> buffers)
    {
        if (open is not null)
        {
            buffers.Add(open.ToText());
        }
    }

    /// <summary>size flags mode count exp_name ino name, separated by tabs; the name is what is left.</summary>
    private static bool TryRow(ReadOnlySpan<byte> line, out BufferInfoBuilder? row)
    {
        row = null;
        Span<Range> columns = stackalloc Range[Columns];
        int start = 0;
        for (int column = 0; column < Columns - 1; column++)
        {
            int tab = line[start..].IndexOf((byte)'\t');
            if (tab < 0)
            {
                return false;
            }

            columns[column] = start..(start + tab);
            start += tab + 1;
        }

        if (!KernelNumber.TryParse(line[columns[0]], out ulong size) || !KernelNumber.TryParse(line[columns[3]], out ulong references)
            || !KernelNumber.TryParse(line[columns[5]], out ulong inode))
        {
            return false;
        }

        row = new(inode, size, references, DescriptorText.Cut(line[columns[4]]), line[start..]);
        return true;
    }

    /// <summary>Collects the lines below one row.</summary>
    private sealed class BufferInfoBuilder(ulong inode, ulong size, ulong references, string exporter, ReadOnlySpan<byte> name)
    {
        private readonly List<byte> _name = [.. name];
        private readonly List<string> _devices = [];
        private readonly List<string> _fences = [];
        private bool _isBelowName;
        private bool _isAmongDevices;

        /// <summary>False for the line that ends the buffer.</summary>
        internal bool Take(ReadOnlySpan<byte> line)
        {
            if (_isAmongDevices)
            {
                return TakeDevice(line);
            }

            if (line.SequenceEqual("\tAttached Devices:"u8))
            {
                _isAmongDevices = _isBelowName = true;
            }
            else if (line.Length > 0 && line[0] == (byte)'\t' && line.IndexOf(" fence:"u8) >= 0)
            {
                _isBelowName = true;
                Add(_fences, line);
            }
            else if (!_isBelowName && _name.Count + 1 + line.Length <= MaximumNameBytes)
            {
                _name.Add((byte)'\n');
                _name.AddRange(line);
            }
            else
            {
                // Fence drivers may describe more than a line.
                return line.Length > 0 && line[0] == (byte)'\t' && Add(_fences, line);
            }

            return true;
        }

        internal BufferInfoText ToText()
        {
            string name = DescriptorText.Cut(_name.ToArray());
            return new(inode, size, references, exporter, name is "" or "<none>" ? null : name, _devices, _fences);
        }

        private bool TakeDevice(ReadOnlySpan<byte> line) => line.Length > 0 && line[0] == (byte)'\t' && Add(_devices, line);

        private static bool Add(List<string> lines, ReadOnlySpan<byte> line)
        {
            if (lines.Count < MaximumLines)
            {
                lines.Add(Encoding.UTF8.GetString(line.Trim(" \t"u8)));
            }

            return true;
        }
    }
}
