namespace DmaBuf.Linux;

/// <summary>Which way frames go through a queue, and in how many planes (<c>enum v4l2_buf_type</c>). Values are the kernel's.</summary>
public enum VideoBufferType
{
    /// <summary>From the device, one plane a frame.</summary>
    Capture = 1,

    /// <summary>To the device, one plane a frame.</summary>
    Output = 2,

    /// <summary>From the device, one to eight planes a frame.</summary>
    CaptureMultiPlanar = 9,

    /// <summary>To the device, one to eight planes a frame.</summary>
    OutputMultiPlanar = 10,
}
