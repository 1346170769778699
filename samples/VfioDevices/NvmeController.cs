using System.Buffers.Binary;
using System.Text;
using DmaBuf.Linux;

namespace DmaBuf.Samples.Vfio;

/// <summary>An NVMe controller that is driven from user space: it is started, tells who it is, and reads and writes blocks of its first namespace.</summary>
/// <remarks>
/// Where data lies is the caller's affair: any bus address that the controller reaches, be it a buffer of memory or a peer's BAR. One command at a time; not safe for several threads.
/// </remarks>
public sealed class NvmeController : IDisposable
{
    /// <summary>The PCI class code of NVMe controllers.</summary>
    public const uint ClassCode = 0x010802;

    /// <summary>How many bytes one command moves at most: one page, so that one address says where.</summary>
    public const int MaximumLength = 4096;

    private const uint Namespace = 1;
    private const ulong Capabilities = 0x00;
    private const ulong Configuration = 0x14;
    private const ulong Status = 0x1C;
    private const ulong AdminEntries = 0x24;
    private const ulong AdminSubmissions = 0x28;
    private const ulong AdminCompletions = 0x30;
    private const uint Enabled = 1;
    private const uint EntrySizes = (6 << 16) | (4 << 20); // 64 and 16 bytes, as powers of two
    private static readonly TimeSpan s_longest = TimeSpan.FromSeconds(30);

    private readonly VfioRegionWindow _registers;
    private readonly DmaMemory _memory;
    private readonly NvmeQueue _admin;
    private readonly NvmeQueue _data;

    private NvmeController(VfioRegionWindow registers, DmaMemory memory)
    {
        _registers = registers;
        _memory = memory;
        ulong stride = 4UL << (int)((registers.Read64(Capabilities) >> 32) & 0xF);
        _admin = new NvmeQueue(0, registers, stride, memory, 0);
        _data = new NvmeQueue(1, registers, stride, memory, 2 * NvmeQueue.Page);
    }

    /// <summary>The serial number.</summary>
    public string Serial { get; private set; } = string.Empty;

    /// <summary>The model.</summary>
    public string Model { get; private set; } = string.Empty;

    /// <summary>How many blocks the first namespace has.</summary>
    public ulong BlockCount { get; private set; }

    /// <summary>Bytes of a block.</summary>
    public int BlockLength { get; private set; }

    /// <summary>Starts a controller: stops it, gives it an admin queue, starts it, asks who it is, and makes a pair of queues for data.</summary>
    /// <param name="device">Enabled; stays the caller's.</param>
    /// <param name="attachDevice">Attaches the importer that maps buffers for the controller.</param>
    /// <param name="cancellationToken">Ends the waiting; the controller is then stopped.</param>
    public static async Task<NvmeController> StartAsync(VfioDevice device, Func<DmaBuffer, Attachment> attachDevice, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(device);
        VfioRegionWindow registers = device.Bar(0).OpenWindow(0, 0x2000);
        DmaMemory? memory = null;
        NvmeController? controller = null;
        try
        {
            memory = DmaMemory.Create("nvme-queues", 5 * NvmeQueue.Page, attachDevice);
            controller = new NvmeController(registers, memory);
            await controller.StartAsync(cancellationToken).ConfigureAwait(false);
            return controller;
        }
        catch
        {
            if (controller is not null)
            {
                controller.Dispose();
            }
            else
            {
                memory?.Dispose();
                registers.Dispose();
            }

            throw;
        }
    }

    /// <summary>Reads blocks to a bus address.</summary>
    /// <param name="block">The first block.</param>
    /// <param name="to">Where the bytes go; the start of a page.</param>
    /// <param name="length">Bytes: whole blocks, at most one page.</param>
    /// <param name="cancellationToken">Ends the waiting only.</param>
    public Task ReadAsync(ulong block, DmaAddress to, int length, CancellationToken cancellationToken = default)
        => _data.RunAsync(NvmeCommand.Read(Namespace, block, BlocksIn(length), to), cancellationToken);

    /// <summary>Writes blocks from a bus address.</summary>
    /// <param name="block">The first block.</param>
    /// <param name="from">Where the bytes are; the start of a page.</param>
    /// <param name="length">Bytes: whole blocks, at most one page.</param>
    /// <param name="cancellationToken">Ends the waiting only.</param>
    public Task WriteAsync(ulong block, DmaAddress from, int length, CancellationToken cancellationToken = default)
        => _data.RunAsync(NvmeCommand.Write(Namespace, block, BlocksIn(length), from), cancellationToken);

    /// <summary>Stops the controller, so that it does no DMA any more, and gives its memory back.</summary>
    public void Dispose()
    {
        try
        {
            _registers.Write32(Configuration, 0);
        }
        catch (DmaBufException)
        {
            // Its memory is away, so it is stopped.
        }

        _registers.Dispose();
        _memory.Dispose();
    }

    private async Task StartAsync(CancellationToken cancellationToken)
    {
        _registers.Write32(Configuration, 0);
        await UntilReadyIsAsync(0, cancellationToken).ConfigureAwait(false);
        _registers.Write32(AdminEntries, ((NvmeQueue.Entries - 1) << 16) | (NvmeQueue.Entries - 1));
        _registers.Write64(AdminSubmissions, _admin.Submissions.Value);
        _registers.Write64(AdminCompletions, _admin.Completions.Value);
        _registers.Write32(Configuration, EntrySizes | Enabled);
        await UntilReadyIsAsync(1, cancellationToken).ConfigureAwait(false);
        await IdentifyAsync(cancellationToken).ConfigureAwait(false);
        await _admin.RunAsync(NvmeCommand.CreateCompletionQueue(1, NvmeQueue.Entries, _data.Completions), cancellationToken).ConfigureAwait(false);
        await _admin.RunAsync(NvmeCommand.CreateSubmissionQueue(1, NvmeQueue.Entries, _data.Submissions), cancellationToken).ConfigureAwait(false);
    }

    private async Task IdentifyAsync(CancellationToken cancellationToken)
    {
        const uint aNamespace = 0;
        const uint theController = 1;
        const ulong answer = 4 * NvmeQueue.Page;
        await _admin.RunAsync(NvmeCommand.Identify(0, theController, _memory.AddressOf(answer)), cancellationToken).ConfigureAwait(false);
        Serial = Encoding.ASCII.GetString(_memory.Read(answer + 4, 20)).Trim();
        Model = Encoding.ASCII.GetString(_memory.Read(answer + 24, 40)).Trim();
        await _admin.RunAsync(NvmeCommand.Identify(Namespace, aNamespace, _memory.AddressOf(answer)), cancellationToken).ConfigureAwait(false);
        byte[] said = _memory.Read(answer, 256);
        BlockCount = BinaryPrimitives.ReadUInt64LittleEndian(said);
        int format = said[26] & 0xF;
        BlockLength = 1 << said[128 + (4 * format) + 2];
    }

    private Task UntilReadyIsAsync(uint ready, CancellationToken cancellationToken)
        => DeviceWait.UntilAsync(() => (_registers.Read32(Status) & 1) == ready, s_longest, $"an NVMe controller to be {(ready == 1 ? "ready" : "stopped")}", cancellationToken);

    private ushort BlocksIn(int length)
    {
        ArgumentOutOfRangeException.ThrowIfGreaterThan(length, MaximumLength);
        return length > 0 && length % BlockLength == 0
            ? (ushort)(length / BlockLength)
            : throw new ArgumentException($"{length} bytes are no whole blocks of {BlockLength}.", nameof(length));
    }
}
