using System.Text;

namespace DmaBuf.Linux;

/// <summary>The format of the frames in a queue (<c>struct v4l2_format</c>).</summary>
/// <remarks>Immutable, thus safe to share between threads.</remarks>
/// <param name="Width">Pixels a line.</param>
/// <param name="Height">Lines.</param>
/// <param name="PixelFormat">Four letters, for example <c>YUYV</c>, as in the kernel's documentation.</param>
/// <param name="Planes">One for each buffer that a frame needs; one in queues of a single plane.</param>
public sealed record VideoFormat(uint Width, uint Height, string PixelFormat, IReadOnlyList<VideoPlane> Planes)
{
    private const int Letters = 4;

    internal static uint CodeOf(string pixelFormat)
    {
        if (pixelFormat.Length is 0 or > Letters || !Ascii.IsValid(pixelFormat))
        {
            throw new DmaBufException(Errno.EINVAL, $"The pixel format \"{pixelFormat}\" was refused: it is no code of one to four ASCII letters. Use a code of the kernel's documentation, for example YUYV.");
        }

        uint code = 0;
        for (int index = 0; index < Letters; index++)
        {
            code |= (uint)(index < pixelFormat.Length ? pixelFormat[index] : ' ') << (8 * index);
        }

        return code;
    }

    internal static string NameOf(uint code) => string.Create(Letters, code, static (letters, code) =>
    {
        for (int index = 0; index < letters.Length; index++)
        {
            letters[index] = (char)((code >> (8 * index)) & 0x7f);
        }
    }).TrimEnd(' ');
}
