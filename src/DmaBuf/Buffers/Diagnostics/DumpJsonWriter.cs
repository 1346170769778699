using System.Text;
using System.Text.Json;

namespace DmaBuf;

/// <summary>The dump as JSON, with everything that the text leaves out.</summary>
internal static class DumpJsonWriter
{
    internal static string Write(IReadOnlyList<DmaBuffer> buffers)
    {
        using MemoryStream stream = new();
        using (Utf8JsonWriter json = new(stream, new JsonWriterOptions { Indented = true }))
        {
            json.WriteStartObject();
            json.WriteStartArray("buffers");
            ulong bytes = 0;
            foreach (DmaBuffer buffer in buffers)
            {
                BufferDescription described = BufferDescription.Read(buffer);
                bytes += described.Size;
                Write(json, described);
            }

            json.WriteEndArray();
            json.WriteNumber("objects", buffers.Count);
            json.WriteNumber("bytes", bytes);
            json.WriteEndObject();
        }

        return Encoding.UTF8.GetString(stream.ToArray());
    }

    private static void Write(Utf8JsonWriter json, BufferDescription buffer)
    {
        json.WriteStartObject();
        json.WriteNumber("id", buffer.Id);
        json.WriteString("name", buffer.Name);
        json.WriteString("exporter", buffer.Exporter);
        json.WriteNumber("size", buffer.Size);
        json.WriteNumber("references", buffer.References);
        json.WriteString("state", buffer.Phase.ToString());
        json.WriteStartArray("fences");
        foreach (FenceDescription fence in buffer.Fences)
        {
            json.WriteStartObject();
            json.WriteString("fence", fence.Text);
            json.WriteBoolean("signaled", fence.Signaled);
            json.WriteEndObject();
        }

        json.WriteEndArray();
        json.WriteStartArray("attachments");
        foreach (AttachmentDescription attachment in buffer.Attachments)
        {
            json.WriteStartObject();
            json.WriteString("type", attachment.Type);
            json.WriteString("description", attachment.Text);
            json.WriteString("importer", attachment.Importer);
            json.WriteBoolean("dynamic", attachment.Dynamic);
            json.WriteString("costBound", attachment.CostBound.ToString());
            json.WriteNumber("mappings", attachment.Mappings);
            json.WriteNumber("pins", attachment.Pins);
            json.WriteBoolean("quarantined", attachment.Quarantined);
            json.WriteEndObject();
        }

        json.WriteEndArray();
        json.WriteEndObject();
    }
}
