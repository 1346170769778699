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

    /// <summary>Page after page from the end to the beginning, so that no two lie together however the kernel has placed them.</summary>
    internal static KernelBuffer FromPieces(ulong length)
    {
        using MemoryFile file = Sealed(length);
        using UserMemoryDevice device = UserMemoryDevice.Open();
        ulong page = (ulong)Environment.SystemPageSize;
        return device.Create([.. Enumerable.Range(1, (int)(length / page)).Select(index => new UserMemoryPart(file, length - ((ulong)index * page), page))]);
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

    internal static void SetHugePagesAside() => File.WriteAllText("/proc/sys/vm/nr_hugepages", "8");

    internal static DrmDevice OpenVgem(DrmNodeKind kind = DrmNodeKind.Card) => OpenDrm(device => device.DriverName == "vgem" && device.Kind == kind);

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

        throw new InvalidOperationException($"The lab's buffers machine has no vivid device with allocator {allocator} and {type}: modprobe vivid n_devs=3 node_types=0x1,0x1,0x1 allocators=0,1,0 multiplanar=1,1,2");
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

    private static DrmDevice OpenDrm(Func<DrmDevice, bool> isWanted)
    {
        foreach (string path in DrmDevice.FindPaths())
        {
            DrmDevice device = DrmDevice.Open(path);
            if (isWanted(device))
            {
                return device;
            }

            device.Dispose();
        }

        throw new InvalidOperationException("The lab's buffers machine has no such DRM device: modprobe vgem");
    }
}
