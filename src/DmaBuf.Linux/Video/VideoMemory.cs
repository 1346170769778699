namespace DmaBuf.Linux;

/// <summary>Whose memory the frames of a queue lie in (<c>enum v4l2_memory</c>). Values are the kernel's.</summary>
public enum VideoMemory
{
    /// <summary>The driver's own; each plane can be exported as a dma-buf.</summary>
    Driver = 1,

    /// <summary>Dma-bufs of others, which the queue is given frame by frame.</summary>
    DmaBuf = 4,
}
