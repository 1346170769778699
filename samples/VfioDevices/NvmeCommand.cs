using System.Buffers.Binary;

namespace DmaBuf.Samples.Vfio;

/// <summary>A command of 64 bytes, as far as these drivers fill it (NVMe base specification, common command format).</summary>
/// <param name="Opcode">What to do; admin and I/O queues have numbers of their own.</param>
/// <param name="Namespace">The namespace; 0 for the controller itself.</param>
/// <param name="Data">The bus address of at most one page of data.</param>
/// <param name="Word10">Command word 10.</param>
/// <param name="Word11">Command word 11.</param>
/// <param name="Word12">Command word 12.</param>
internal readonly record struct NvmeCommand(byte Opcode, uint Namespace, DmaAddress Data, uint Word10, uint Word11 = 0, uint Word12 = 0)
{
    internal const int Length = 64;

    internal static NvmeCommand Identify(uint of, uint what, DmaAddress data) => new(0x06, of, data, what);

    /// <summary>A queue that lies in one piece; interrupts are off.</summary>
    internal static NvmeCommand CreateCompletionQueue(ushort number, int entries, DmaAddress place) => new(0x05, 0, place, ((uint)(entries - 1) << 16) | number, 1);

    internal static NvmeCommand CreateSubmissionQueue(ushort number, int entries, DmaAddress place) => new(0x01, 0, place, ((uint)(entries - 1) << 16) | number, ((uint)number << 16) | 1);

    internal static NvmeCommand Read(uint of, ulong block, ushort blocks, DmaAddress to) => new(0x02, of, to, (uint)block, (uint)(block >> 32), (uint)(blocks - 1));

    internal static NvmeCommand Write(uint of, ulong block, ushort blocks, DmaAddress from) => new(0x01, of, from, (uint)block, (uint)(block >> 32), (uint)(blocks - 1));

    internal void WriteTo(Span<byte> entry, ushort identifier)
    {
        entry.Clear();
        entry[0] = Opcode;
        BinaryPrimitives.WriteUInt16LittleEndian(entry[2..], identifier);
        BinaryPrimitives.WriteUInt32LittleEndian(entry[4..], Namespace);
        BinaryPrimitives.WriteUInt64LittleEndian(entry[24..], Data.Value);
        BinaryPrimitives.WriteUInt32LittleEndian(entry[40..], Word10);
        BinaryPrimitives.WriteUInt32LittleEndian(entry[44..], Word11);
        BinaryPrimitives.WriteUInt32LittleEndian(entry[48..], Word12);
    }
}
