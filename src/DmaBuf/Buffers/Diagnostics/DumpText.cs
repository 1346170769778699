using System.Globalization;
using System.Text;

namespace DmaBuf;

/// <summary>
/// The dump as text (spec 2.15): a heading, for every buffer its line, its fences, one line an attachment made of a tab, the type's name, a colon and
/// the type's own words, their number; totals at the end.
/// </summary>
internal static class DumpText
{
    internal static string Write(IReadOnlyList<DmaBuffer> buffers)
    {
        StringBuilder text = new();
        text.Append("\nDma-buf Objects:\n");
        text.Append(CultureInfo.InvariantCulture, $"{"size",-12}\t{"state",-8}\t{"count",-5}\t{"exp_name",-16}\t{"ino",-8}\tname\n");
        ulong bytes = 0;
        foreach (DmaBuffer buffer in buffers)
        {
            BufferDescription described = BufferDescription.Read(buffer);
            bytes += described.Size;
            Append(text, described);
        }

        text.Append(CultureInfo.InvariantCulture, $"\nTotal {buffers.Count} objects, {bytes} bytes\n");
        return text.ToString();
    }

    private static void Append(StringBuilder text, BufferDescription buffer)
    {
        text.Append(CultureInfo.InvariantCulture, $"{buffer.Size,-12}\t{buffer.Phase,-8}\t{buffer.References,-5}\t{buffer.Exporter,-16}\t");
        text.Append(CultureInfo.InvariantCulture, $"{buffer.Id:D8}\t{buffer.Name ?? "<none>"}\n");
        foreach (FenceDescription fence in buffer.Fences)
        {
            text.Append(CultureInfo.InvariantCulture, $"\tfence: {fence.Text}{(fence.Signaled ? " signalled" : string.Empty)}\n");
        }

        text.Append("\tAttached Devices:\n");
        foreach (AttachmentDescription attachment in buffer.Attachments)
        {
            text.Append(CultureInfo.InvariantCulture, $"\t{attachment.Type}:{Words(attachment.Text)}\n");
        }

        text.Append(CultureInfo.InvariantCulture, $"Total {buffer.Attachments.Count} devices attached\n\n");
    }

    private static string Words(string text) => text.Length == 0 ? string.Empty : " " + text;
}
