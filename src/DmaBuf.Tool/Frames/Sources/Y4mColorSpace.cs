namespace DmaBuf.Tool;

/// <summary>How a Y4M stream stores its pixels: the value of its parameter C. All are planar, luma first; samples of more than 8 bits take two bytes, the low one first.</summary>
/// <param name="Name">As the stream writes it, for example <c>420jpeg</c>.</param>
/// <param name="HorizontalShift">Columns of a chroma plane: the width divided by two to this power, rounded up.</param>
/// <param name="VerticalShift">Lines of a chroma plane, in the same way.</param>
/// <param name="FullPlanes">Planes of the picture's whole size.</param>
/// <param name="ChromaPlanes">Planes of chroma's size.</param>
/// <param name="BytesPerSample">1 or 2.</param>
/// <param name="Fourcc">The kernel's <c>DRM_FORMAT_*</c>; 0 where it has none or its meaning differs.</param>
internal sealed record Y4mColorSpace(string Name, int HorizontalShift, int VerticalShift, int FullPlanes, int ChromaPlanes, int BytesPerSample, uint Fourcc)
{
    private static readonly string[] s_depths = ["9", "10", "12", "14", "16"];

    /// <summary>What is meant when a stream does not say.</summary>
    internal static Y4mColorSpace Default { get; } = Find("420jpeg")!;

    /// <summary>All names that are known, for complaints.</summary>
    internal static string Names => "420, 420jpeg, 420mpeg2, 420paldv, 411, 422, 444, 444alpha, mono, and 420, 422, 444 with p9 to p16, mono with 9 to 16";

    /// <summary>The colour space of a name; null if there is none.</summary>
    internal static Y4mColorSpace? Find(string name) => name switch
    {
        "420" or "420jpeg" or "420mpeg2" or "420paldv" => new(name, 1, 1, 1, 2, 1, Code("YU12")),
        "422" => new(name, 1, 0, 1, 2, 1, Code("YU16")),
        "411" => new(name, 2, 0, 1, 2, 1, Code("YU11")),
        "444" => new(name, 0, 0, 1, 2, 1, Code("YU24")),
        "444alpha" => new(name, 0, 0, 2, 2, 1, 0),
        "mono" => new(name, 0, 0, 1, 0, 1, Code("R8  ")),
        _ => FindDeep(name),
    };

    /// <summary>Bytes of one picture.</summary>
    internal ulong FrameBytes(uint width, uint height)
        => (((ulong)FullPlanes * width * height) + ((ulong)ChromaPlanes * Chroma(width, HorizontalShift) * Chroma(height, VerticalShift))) * (ulong)BytesPerSample;

    private static ulong Chroma(uint length, int shift) => (length + (1UL << shift) - 1) >> shift;

    private static Y4mColorSpace? FindDeep(string name)
    {
        // "mono10", "420p10": the depth follows four letters.
        if (name.Length <= 4 || !s_depths.Contains(name[4..]))
        {
            return null;
        }

        return name[..4] switch
        {
            "mono" => new(name, 0, 0, 1, 0, 2, 0),
            "420p" => new(name, 1, 1, 1, 2, 2, 0),
            "422p" => new(name, 1, 0, 1, 2, 2, 0),
            "444p" => new(name, 0, 0, 1, 2, 2, 0),
            _ => null,
        };
    }

    private static uint Code(string letters) => letters[0] | ((uint)letters[1] << 8) | ((uint)letters[2] << 16) | ((uint)letters[3] << 24);
}
