using System.Buffers.Binary;
using DmaBuf.Linux;

namespace DmaBuf.Samples.Vfio;

/// <summary>A submission queue and its completion queue, each one page of memory that the controller reads and writes.</summary>
/// <remarks>
/// The driver writes an entry and rings the doorbell with the new tail. The controller answers with an entry whose phase bit differs from the last round's, so nobody has to clear anything. One command at a time.
/// </remarks>
internal sealed class NvmeQueue
{
    internal const int Entries = 32;
    internal const ulong Page = 4096;
    private const int CompletionLength = 16;
    private static readonly TimeSpan s_longest = TimeSpan.FromSeconds(10);
    private readonly VfioRegionWindow _registers;
    private readonly DmaMemory _memory;
    private readonly ulong _submissions;
    private readonly ulong _completions;
    private readonly ulong _doorbells;
    private readonly ulong _doorbellStride;
    private ushort _tail;
    private ushort _head;
    private bool _phase = true;
    private ushort _identifier;

    /// <param name="number">0 is the admin queue.</param>
    /// <param name="registers">BAR 0.</param>
    /// <param name="stride">Bytes from one doorbell to the next.</param>
    /// <param name="memory">Two pages from <paramref name="offset"/> on are the queue's, and zero.</param>
    /// <param name="offset">The first byte.</param>
    internal NvmeQueue(ushort number, VfioRegionWindow registers, ulong stride, DmaMemory memory, ulong offset)
    {
        _registers = registers;
        _memory = memory;
        _submissions = offset;
        _completions = offset + Page;
        _doorbells = 0x1000 + (2UL * number * stride);
        _doorbellStride = stride;
    }

    internal DmaAddress Submissions => _memory.AddressOf(_submissions);

    internal DmaAddress Completions => _memory.AddressOf(_completions);

    /// <summary>Has the controller do one command, and waits for its answer.</summary>
    /// <exception cref="DmaBufException">EIO: the controller refused, with its status; ETIMEDOUT: it does not answer.</exception>
    internal async Task RunAsync(NvmeCommand command, CancellationToken cancellationToken)
    {
        Submit(command);
        await DeviceWait.UntilAsync(IsAnswered, s_longest, $"NVMe command 0x{command.Opcode:x2}", cancellationToken).ConfigureAwait(false);
        int status = TakeAnswer();
        if (status != 0)
        {
            throw new DmaBufException(Errno.EIO, $"NVMe command 0x{command.Opcode:x2} failed with status 0x{status:x} (code in bits 0 to 7, kind in 8 to 10). Look it up in the NVMe specification.");
        }
    }

    private void Submit(NvmeCommand command)
    {
        Span<byte> entry = stackalloc byte[NvmeCommand.Length];
        command.WriteTo(entry, ++_identifier);
        _memory.Write(_submissions + ((ulong)_tail * NvmeCommand.Length), entry);
        _tail = (ushort)((_tail + 1) % Entries);
        _registers.Write32(_doorbells, _tail);
    }

    private bool IsAnswered() => (ReadStatus() & 1) == (_phase ? 1 : 0);

    private int TakeAnswer()
    {
        int status = ReadStatus() >> 1;
        _head = (ushort)((_head + 1) % Entries);
        _phase ^= _head == 0;
        _registers.Write32(_doorbells + _doorbellStride, _head);
        return status & 0x7FF;
    }

    private ushort ReadStatus()
    {
        Span<byte> status = stackalloc byte[2];
        _memory.Read(_completions + ((ulong)_head * CompletionLength) + 14, status);
        return BinaryPrimitives.ReadUInt16LittleEndian(status);
    }
}
