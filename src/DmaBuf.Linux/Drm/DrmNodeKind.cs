namespace DmaBuf.Linux;

/// <summary>Which of a DRM device's nodes is open.</summary>
public enum DrmNodeKind
{
    /// <summary><c>/dev/dri/cardN</c>: screens and memory; dumb buffers are made here.</summary>
    Card = 0,

    /// <summary><c>/dev/dri/renderDN</c>: memory and fences for anybody; no dumb buffers (EACCES).</summary>
    Render,
}
