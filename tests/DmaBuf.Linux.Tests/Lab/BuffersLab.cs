using System.Globalization;

namespace DmaBuf.Linux.Tests;

/// <summary>What the lab machine <c>buffers</c> has, opened: a heap, udmabuf, vgem, and vivid devices of each kind of memory.</summary>
internal static class BuffersLab
{
    /// <summary>Needs no contiguous memory: it reaches frames by the CPU.</summary>
    internal const string ByCpu = "0";

    /// <summary>Reaches memory as one run: a true attachment.</summary>
    internal const string Contiguous = "1";

    internal static KernelBuffer Allocate(ulong length)
    {
        using DmaHeap heap = DmaHeap.Open("system");
        return heap.Allocate(length);
    }

    internal static KernelBuffer FromMemoryFile(ulong length)
    {
        using MemoryFile file = Sealed(length);
        using UserMemoryDevice device = UserMemoryDevice.Open();
        return device.Create(UserMemoryPart.Whole(file));
    }

    /// <summary>One page again and again, so that no two pieces lie together, however the kernel places pages.</summary>
    internal static KernelBuffer FromPieces(ulong length)
    {
        using MemoryFile file = Sealed((ulong)Environment.SystemPageSize);
        using UserMemoryDevice device = UserMemoryDevice.Open();
        return device.Create([.. Enumerable.Repeat(UserMemoryPart.Whole(file), (int)(length / file.Length))]);
    }

    internal static KernelBuffer FromHugePages(ulong length)
    {
        SetHugePagesAside();
        using MemoryFile file = MemoryFile.Create("dmabuf-test huge", length, new() { HugePages = HugePageUse.Required });
        file.Seal(MemorySeals.FixedSize);
        using UserMemoryDevice device = UserMemoryDevice.Open();
        return device.Create(UserMemoryPart.Whole(file));
    }

    internal static MemoryFile Sealed(ulong length, MemorySeals seals = MemorySeals.FixedSize)
    {
        MemoryFile file = MemoryFile.Create("dmabuf-test part", length);
        file.Seal(seals);
        return file;
    }

    /// <summary>Those that the machine had from its start are enough; of others the kernel finds some.</summary>
    private static void SetHugePagesAside()
    {
        if (HugePages.Free < 2)
        {
            File.WriteAllText("/proc/sys/vm/nr_hugepages", "8");
        }
    }

    internal static DrmDevice OpenVgem(DrmNodeKind kind = DrmNodeKind.Card) => OpenDrm("vgem", kind);

    internal static DrmDevice OpenVirtioGpu() => OpenDrm("virtio_gpu", DrmNodeKind.Card);

    internal static void SetFormat(string allocator, VideoBufferType type, VideoFormat format)
    {
        using VideoDevice device = OpenVivid(allocator, type);
        device.SetFormat(type, format);
    }

    /// <summary>What the matrix calls a camera: its node's number is where the driver found room.</summary>
    internal static string NameOf(string allocator)
    {
        using VideoDevice device = OpenVivid(allocator);
        return $"vivid {Path.GetFileName(device.Path)}";
    }

    /// <param name="allocator">As the module's parameter says, for each device.</param>
    /// <param name="type">A queue that it has.</param>
    internal static VideoDevice OpenVivid(string allocator, VideoBufferType type = VideoBufferType.Capture)
    {
        string[] allocators = File.ReadAllText("/sys/module/vivid/parameters/allocators").Trim().Split(',');
        foreach (string path in VideoDevice.FindPaths())
        {
            VideoDevice device = VideoDevice.Open(path);
            string bus = device.Capabilities.BusInfo;
            if (device.Capabilities.DriverName == "vivid" && device.Capabilities.Types.Contains(type)
                && allocators[int.Parse(bus[(bus.LastIndexOf('-') + 1)..], CultureInfo.InvariantCulture)] == allocator)
            {
                return device;
            }

            device.Dispose();
        }

        throw new InvalidOperationException($"The lab's buffers machine has no vivid device with allocator {allocator} and {type}: see lab/machines.sh");
    }

    internal static void Fill(KernelBuffer buffer, Func<int, byte> byteAt)
    {
        using MemoryMapping mapping = buffer.Map(MemoryProtection.ReadWrite);
        buffer.BeginCpuAccess(DmaDirection.Bidirectional);
        Span<byte> window = mapping.Window(0, (int)buffer.Length);
        for (int at = 0; at < window.Length; at++)
        {
            window[at] = byteAt(at);
        }

        buffer.EndCpuAccess(DmaDirection.Bidirectional);
    }

    internal static byte[] Read(KernelBuffer buffer)
    {
        using MemoryMapping mapping = buffer.Map(MemoryProtection.Read);
        buffer.BeginCpuAccess(DmaDirection.FromDevice);
        byte[] bytes = mapping.ReadOnlyWindow(0, (int)buffer.Length).ToArray();
        buffer.EndCpuAccess(DmaDirection.FromDevice);
        return bytes;
    }

    private static DrmDevice OpenDrm(string driver, DrmNodeKind kind)
    {
        foreach (string path in DrmDevice.FindPaths())
        {
            DrmDevice device = DrmDevice.Open(path);
            if (device.DriverName == driver && device.Kind == kind)
            {
                return device;
            }

            device.Dispose();
        }

        throw new InvalidOperationException($"The lab's buffers machine has no {kind} node of {driver}: see lab/machines.sh");
    }
}
