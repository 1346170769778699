using Microsoft.Win32.SafeHandles;

namespace DmaBuf.Linux;

/// <summary>One received message: how many bytes it had, and the descriptors that came with it.</summary>
/// <remarks>Owns the descriptors that nobody has taken, until it is disposed. For one thread at a time.</remarks>
public sealed class DescriptorMessage : IDisposable
{
    private readonly SafeFileHandle?[] _descriptors;

    internal DescriptorMessage(int length, List<SafeFileHandle> descriptors)
    {
        Length = length;
        _descriptors = [.. descriptors];
    }

    /// <summary>Bytes of the message, at the front of the buffer that was given to the receive; at least 1.</summary>
    public int Length { get; }

    /// <summary>How many descriptors came, taken or not.</summary>
    public int DescriptorCount => _descriptors.Length;

    /// <summary>Refuses the message if it has not exactly this many descriptors, because its bytes say so. It keeps what it owns.</summary>
    /// <exception cref="DmaBufException">EPROTO: another count came.</exception>
    public void RequireDescriptors(int count)
    {
        if (count != _descriptors.Length)
        {
            throw new DmaBufException(Errno.EPROTO,
                $"A message of {Length} bytes came with {_descriptors.Length} descriptors, and {count} were expected. Both ends must speak the same protocol.");
        }
    }

    /// <summary>Takes a descriptor out of the message: from now on the caller owns it. Each can be taken once.</summary>
    /// <exception cref="DmaBufException">EINVAL: there is no such descriptor, or it was taken already.</exception>
    public SafeFileHandle TakeDescriptor(int index)
    {
        if (index < 0 || index >= _descriptors.Length || _descriptors[index] is not { } taken)
        {
            throw new DmaBufException(Errno.EINVAL,
                $"Descriptor {index} was to be taken of a message with {_descriptors.Length}. It does not exist, was taken already, or the message was disposed.");
        }

        _descriptors[index] = null;
        return taken;
    }

    /// <summary>Closes every descriptor that was not taken.</summary>
    public void Dispose()
    {
        foreach (ref SafeFileHandle? descriptor in _descriptors.AsSpan())
        {
            descriptor?.Dispose();
            descriptor = null;
        }
    }
}
