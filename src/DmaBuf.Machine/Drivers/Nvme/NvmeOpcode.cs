namespace DmaBuf.Machine;

/// <summary>What a command does; named from the host's side, as the specification does.</summary>
public enum NvmeOpcode
{
    /// <summary>Host memory is written to the medium: the controller reads it (<c>nvme_cmd_write</c>).</summary>
    Write = 1,

    /// <summary>The medium is read to host memory: the controller writes it (<c>nvme_cmd_read</c>).</summary>
    Read = 2,
}
